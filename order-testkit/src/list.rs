//! Which clauses there are.

/// Makes one test of each clause that every store keeps. Its argument is the path of a function
/// without arguments whose future gives a [`Fixture`](crate::contract::Fixture) with an empty store.
#[macro_export]
macro_rules! store_contract_tests {
    ($fresh:path) => {
        $crate::contract_clauses! { $fresh;
            commits {
                c01_a_commit_is_read_back_whole
                c02_a_commit_that_fails_writes_nothing
                c03_a_change_that_fails_leaves_the_order_as_it_was
                c04_an_order_is_begun_once
                c05_a_commit_on_another_version_conflicts
                c06_the_losers_of_a_race_fail_as_conflicts
                c07_the_losers_of_a_race_to_begin_an_order_fail_as_conflicts
                c08_a_known_key_is_the_first_reason
                c09_another_version_is_the_second_reason
                c10_a_taken_number_is_the_third_reason
                c11_a_commit_that_failed_lands_once_its_reason_is_gone
                c12_commits_on_different_orders_all_land_at_once
                c13_ids_that_look_alike_are_different_orders
                c14_an_order_that_does_not_exist_loads_as_nothing
            }
            histories {
                c15_every_kind_of_event_comes_back_exactly
                c16_the_state_that_serves_reads_follows_from_the_history
                c17_every_version_can_be_seen_as_it_was
                c18_events_of_one_commit_keep_their_order
                c19_personal_data_comes_back_exactly
                c20_a_change_of_personal_data_is_seen_everywhere
                c21_personal_data_is_in_no_event
                c22_texts_of_every_kind_come_back_exactly
                c23_the_longest_texts_come_back_exactly
                c24_amounts_come_back_to_the_last_unit
                c25_times_come_back_to_the_millisecond
                c26_a_clock_that_goes_back_spoils_no_history
                c27_an_order_of_1200_lines_comes_back_whole
                c28_a_long_history_comes_back_whole
                c29_events_name_their_author
            }
            keys {
                c30_an_unknown_key_is_not_remembered
                c31_a_key_is_remembered_with_what_it_did
                c32_fingerprints_come_back_to_the_last_bit
                c33_a_repeated_placement_gets_the_first_answer
                c34_a_repeat_gets_the_first_answer_though_the_order_went_on
                c35_a_repeat_gets_the_first_answer_though_it_would_now_fail
                c36_a_key_for_another_request_is_refused
                c37_a_key_used_on_one_order_is_refused_on_another
                c38_another_callers_key_is_another_key
                c39_a_failed_command_burns_no_key
                c40_a_dry_run_writes_nothing_and_burns_no_key
                c41_identical_placements_at_once_have_one_effect
                c42_identical_commands_at_once_have_one_effect
                c43_different_requests_with_one_key_have_one_effect
                c44_the_losers_of_a_race_for_a_key_fail_as_conflicts
                c45_a_lost_answer_is_found_again_by_its_key
                c46_a_repeated_revision_gets_the_first_answer
                c47_a_repeat_that_asked_too_early_gets_the_first_answer
            }
            versions {
                c48_versions_count_commits
                c49_who_knows_an_old_version_is_told_so
                c50_no_update_is_lost
                c51_an_amount_is_captured_once
                c52_no_more_is_refunded_than_was_captured
                c53_an_order_is_shipped_or_cancelled
                c54_revisions_and_commands_do_not_undo_each_other
                c55_a_lost_race_is_run_again_but_not_for_ever
                c56_an_overloaded_store_has_written_nothing
            }
            stock {
                c57_placing_takes_and_cancelling_gives_back
                c58_a_draft_holds_no_stock
                c59_a_revision_moves_the_difference
                c60_what_comes_back_is_restocked_only_on_demand
                c61_a_refusal_names_what_there_is
                c62_lines_of_one_product_count_together
                c63_what_is_not_counted_is_left_alone
                c64_what_is_no_longer_counted_is_left_alone
                c65_the_last_unit_is_sold_once
                c66_all_there_is_can_be_sold
                c67_mixed_carts_do_not_lock_each_other_out
                c68_units_are_conserved
                c69_changes_at_once_never_take_more_than_there_is
                c70_a_change_of_stock_answers_the_new_level
                c71_counting_begins_at_nothing
                c72_a_stock_that_cannot_be_counted_is_refused
                c73_a_change_of_a_product_undoes_no_sale
            }
            numbers {
                c74_sequence_numbers_are_never_given_twice
                c75_a_number_belongs_to_one_order
                c76_an_order_keeps_its_number
                c77_the_losers_of_a_race_for_a_number_hear_so
                c78_a_taken_number_is_skipped
                c79_orders_placed_at_once_get_numbers_of_their_own
            }
            lists {
                c80_a_list_of_nothing_is_empty
                c81_lists_are_sorted_by_time
                c82_ties_are_broken_by_id
                c83_a_limit_is_exact_and_the_last_page_names_no_next
                c84_a_walk_gives_every_order_once
                c85_a_walk_is_stable_while_orders_arrive
                c86_a_cursor_is_a_place_not_an_order
                c87_an_offset_skips_so_many
                c88_a_list_can_be_of_one_customer
                c89_a_list_can_be_of_one_product
                c90_a_list_can_be_of_one_status
                c91_a_list_can_be_of_the_other_axes
                c92_a_list_can_be_of_one_time
                c93_filters_hold_together
                c94_a_draft_moves_when_it_is_placed
                c95_a_list_shows_orders_as_they_are_now
            }
            searches {
                c96_an_order_is_found_by_every_part
                c97_every_word_must_be_found
                c98_the_beginning_of_a_word_finds_it
                c99_neither_case_nor_accents_matter
                c100_words_of_every_script_are_found
                c101_signs_only_separate_words
                c102_no_word_is_reserved
                c103_a_search_follows_every_change
                c104_a_search_is_paged_as_every_list
                c105_as_many_words_as_allowed_are_looked_for
                c106_the_longest_words_are_found
            }
            references {
                c107_an_order_is_found_by_id_or_number
                c108_an_id_beats_a_number
                c109_any_text_can_be_asked_for
                c110_a_command_reaches_an_order_by_its_number
                c111_another_customers_order_is_not_there
                c112_an_id_that_is_taken_cannot_be_taken_over
            }
            products {
                c113_a_product_comes_back_exactly
                c114_known_products_come_back_and_others_do_not
                c115_a_product_is_replaced_version_by_version
                c116_the_losers_of_a_race_for_a_product_fail_as_conflicts
                c117_a_stock_is_written_only_when_asked_for
                c118_products_are_listed_by_id
                c119_products_are_listed_by_category
                c120_products_are_found_by_their_words
                c121_filters_of_products_hold_together
            }
            books {
                c122_a_credit_note_comes_back_exactly
                c123_a_credit_note_is_issued_once
                c124_one_of_many_issues_a_credit_note
                c125_credit_notes_are_listed_by_id
                c126_a_refused_row_comes_back_exactly
                c127_a_refused_row_replaces_itself
                c128_refused_rows_are_listed_by_source_and_line
                c129_the_books_are_not_for_customers
            }
            reports {
                c130_a_report_of_nothing_has_no_rows
                c131_a_report_by_month_counts_when_it_happened
                c132_a_report_by_country_counts_where_it_was_sold
                c133_a_report_by_status_counts_every_order
                c134_a_report_covers_a_time
                c135_currencies_are_never_added_up
                c136_a_report_counts_what_is_now
            }
            maintenance {
                c137_a_store_that_works_answers
                c138_an_audit_gives_every_order_once
                c139_an_audit_gives_what_is_read
                c140_a_verification_finds_nothing_amiss
                c141_a_new_store_is_healthy
                c142_a_read_sees_what_was_committed_before_it
            }
            feeds {
                c143_a_feed_of_nothing_is_empty
                c144_every_committed_event_is_in_the_feed_once
                c145_events_of_an_order_come_in_its_order
                c146_what_failed_is_not_in_the_feed
                c147_positions_never_change
                c148_a_walk_through_the_feed_gives_everything
                c149_after_the_last_event_there_is_nothing
                c150_who_follows_the_feed_misses_nothing
            }
            relays {
                c151_a_new_relay_begins_at_the_beginning
                c152_a_lease_keeps_others_away_until_it_ends
                c153_a_holder_sets_the_end_of_its_lease
                c154_a_place_moves_only_from_where_it_is
                c155_a_place_is_moved_only_by_its_holder
                c156_relays_know_nothing_of_each_other
                c157_of_many_at_once_one_moves_on
                c158_a_relay_that_dies_skips_nothing
                c159_relays_of_one_name_deliver_everything
                c160_a_publisher_that_fails_moves_nothing
            }
            accounts {
                c161_an_account_comes_back_exactly
                c162_an_account_is_found_by_its_email_in_any_case
                c163_an_account_that_is_not_there_is_none
                c164_an_account_is_replaced_version_by_version
                c165_the_losers_of_a_race_for_an_account_fail_as_conflicts
                c166_an_email_belongs_to_one_account
                c167_an_account_keeps_its_email_when_it_changes
                c168_an_email_that_was_given_up_is_free
                c169_of_many_at_once_one_gets_an_email
                c170_the_last_admin_is_neither_demoted_nor_removed
                c171_one_of_several_admins_can_go
                c172_admins_that_leave_at_once_leave_one
                c173_a_removed_account_is_gone
                c174_an_account_is_removed_by_its_version
                c175_users_are_listed_by_id
                c176_users_are_listed_by_email
                c177_reasons_to_refuse_an_account_come_in_order
            }
            users {
                c178_whoever_registers_is_a_customer
                c179_a_customer_sees_and_changes_only_themselves
                c180_callers_of_one_name_and_different_roles_share_no_keys
            }
            agendas {
                c181_a_commit_puts_an_order_on_the_agenda_and_takes_it_off
                c182_what_is_due_goes_to_one_caller
                c183_claims_at_once_never_get_the_same
                c184_what_changed_since_is_not_put_off
                c185_who_waits_for_somebody_stays_on_the_agenda
                c186_the_agenda_is_walked_page_by_page
            }
            inboxes {
                c187_a_notice_is_kept_once
                c188_a_due_notice_goes_to_one_caller
                c189_what_becomes_of_a_notice_is_kept
            }
            backorders {
                c190_a_product_with_backorder_sells_below_zero
                c191_without_backorder_nothing_sells_below_zero
                c192_owed_units_can_be_counted_only_so_far
                c193_backorder_ends_only_when_nothing_is_owed
                c194_the_last_unit_is_sold_once_or_to_everybody
                c195_a_sale_and_the_end_of_backorder_do_not_cross
                c196_units_around_zero_are_conserved
            }
            shelves {
                c197_low_stock_is_listed_the_lowest_first
                c198_filters_of_low_stock_hold_together
                c199_low_stock_follows_every_change
                c200_a_product_is_removed_by_its_version
                c201_a_removed_product_is_found_no_more
                c202_of_many_who_remove_a_product_one_does
                c203_a_product_that_owes_units_stays
                c204_orders_outlive_their_product
            }
            readers {
                c205_the_events_of_an_order_have_their_positions
                c206_the_end_of_the_feed_is_its_last_position
                c207_the_feed_knows_whose_an_order_is
                c208_who_reads_the_feed_sees_what_was_committed
                c209_a_reader_sees_every_event_once
                c210_filters_of_the_feed_hold_together
                c211_a_customer_sees_only_events_of_their_own
            }
            intakes {
                c212_a_told_change_is_done_once
                c213_a_told_change_that_is_refused_is_not_remembered
                c214_a_change_told_to_many_at_once_is_done_once
                c215_products_are_as_they_were_told
                c216_a_told_payment_is_a_notice
                c217_what_is_done_with_is_forgotten_one_day
            }
            outboxes {
                c218_what_is_left_out_is_kept_with_the_move
                c219_more_of_a_held_order_waits_behind_it
                c220_held_orders_are_due_at_their_time
                c221_an_order_is_free_when_nothing_waits
                c222_a_retry_is_not_undone_by_what_was_under_way
                c223_a_skip_gives_up_the_event_that_it_names
                c224_of_many_skips_of_one_event_one_is_done
                c225_relays_say_how_they_are_doing
                c226_held_orders_are_walked_page_by_page
            }
            streams {
                c227_a_refused_event_holds_its_own_order_only
                c228_a_held_order_is_parked_after_ten_tries
                c229_what_is_given_up_is_passed_over
                c230_a_receiver_that_takes_nothing_parks_few_orders
                c231_a_long_stream_is_brought_in_parts
                c232_a_relay_that_dies_anywhere_loses_no_held_event
                c233_a_made_up_life_of_held_orders_adds_up
            }
            subscriptions {
                c234_a_subscription_comes_back_exactly
                c235_a_subscription_is_replaced_version_by_version
                c236_the_losers_of_a_race_for_a_subscription_fail_as_conflicts
                c237_a_removed_subscription_is_gone
                c238_how_an_endpoint_does_is_no_change_but_being_disabled_is
                c239_who_enables_a_subscription_begins_anew
            }
            deliveries {
                c240_an_event_is_delivered_once_to_each_who_wants_it
                c241_only_the_first_event_of_an_order_is_due
                c242_a_subscription_goes_to_one_caller
                c243_claims_at_once_never_get_the_same
                c244_a_lost_lease_settles_nothing
                c245_what_waits_for_an_event_is_due_after_it
                c246_a_settlement_and_new_events_at_once_leave_nothing_behind
                c247_of_an_endpoint_that_fails_one_delivery_is_due
                c248_who_waits_longest_comes_first
                c249_what_is_disabled_is_kept_and_given_to_nobody
            }
            delivery_log {
                c250_deliveries_are_listed_newest_first
                c251_what_is_replayed_is_due_in_its_old_place
                c252_what_failed_since_a_time_is_replayed
                c253_old_deliveries_are_forgotten
                c254_deliveries_of_a_removed_subscription_are_forgotten
                c255_a_subscription_sees_what_happens_from_now_on
                c256_what_becomes_of_a_delivery_is_kept_with_its_attempts
            }
            revalidations {
                c257_who_knows_nothing_is_told_what_a_find_gives
                c258_who_knows_the_order_is_told_that_it_is_unchanged
                c259_every_commit_changes_the_stamp_for_good
                c260_a_stamp_of_another_order_counts_for_nothing
                c261_a_reference_that_leads_elsewhere_now_is_a_change
                c262_any_text_can_be_revalidated
                c263_what_was_acknowledged_is_never_called_unchanged
            }
            erasures {
                c264_an_erased_order_has_no_person
                c265_a_customer_is_erased_whole_and_nobody_else
                c266_an_address_is_erased_wherever_it_is
                c267_erasing_again_erases_nothing
                c268_many_orders_are_erased_call_by_call
                c269_an_order_is_erased_in_every_state_and_goes_on
                c270_what_is_written_later_is_new
                c271_only_an_administrator_erases
                c272_a_repeated_request_brings_nobody_back
                c273_the_last_administrator_keeps_their_account
                c274_a_kept_copy_of_an_erased_order_counts_no_more
                c275_who_is_cut_off_while_erasing_is_gone_on_with
            }
            audits {
                c276_an_entry_of_the_audit_log_comes_back_exactly
                c277_the_audit_log_is_walked_from_the_newest
                c278_the_audit_log_is_read_by_actor_and_act
                c279_what_people_do_is_written_down
                c280_what_is_done_to_accounts_of_others_is_written_down
                c281_the_audit_log_says_nothing_of_persons
                c282_only_an_administrator_reads_the_audit_log
            }
            figures {
                c283_nothing_is_counted_before_counting_begins
                c284_changes_and_the_place_are_written_together
                c285_of_those_who_count_the_same_one_does
                c286_sums_are_exact_beyond_64_bits
                c287_figures_are_of_the_buckets_that_are_named
                c288_keys_are_ranked
                c289_histories_are_what_was_committed
                c290_a_credit_note_is_counted_once
            }
            lives {
                c291_figures_are_the_sum_over_the_orders
                c292_many_who_follow_at_once_count_every_event_once
            }
            questions {
                c293_what_counts_counts_when_it_happened
                c294_a_funnel_says_what_became_of_orders
                c295_what_cannot_be_answered_is_refused
            }
            verified {
                c296_a_verification_compares_figures_with_orders
            }
            leases {
                c297_a_relay_that_works_keeps_its_lease
                c298_a_relay_whose_lease_has_ended_asks_for_a_new_one
                c299_a_relay_that_was_overtaken_says_so
            }
        }
    };
}

/// Makes one test of each clause that is named.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_clauses {
    ($fresh:path; $($module:ident { $($clause:ident)* })*) => {$($(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $clause() {
            $crate::contract::$module::$clause($fresh().await).await;
        }
    )*)*};
}

/// Makes one test of each clause on rows that do not fit the domain. Its argument is the path of a
/// function without arguments whose future gives a [`Damageable`](crate::contract::damage::Damageable):
/// an empty store and a way to damage its rows.
#[macro_export]
macro_rules! corrupt_rows_contract {
    ($fresh:path) => {
        $crate::contract_clauses! { $fresh;
            damage {
                d01_a_damaged_event_is_reported
                d02_a_damaged_state_is_reported
                d03_damaged_personal_data_is_reported
                d04_a_damaged_product_is_reported
                d05_a_damaged_credit_note_is_reported
                d06_a_damaged_refused_row_is_reported
                d07_a_damaged_request_is_reported
                d08_a_verification_names_what_is_damaged
                d09_a_damaged_account_is_reported
            }
        }
    };
}
