//! Timestamps against chrono.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use order_core::{Timestamp, TimestampError};
use proptest::prelude::*;

fn at(text: &str) -> Result<i64, TimestampError> {
    text.parse().map(Timestamp::millis)
}

fn millis() -> impl Strategy<Value = i64> {
    prop_oneof![
        Timestamp::MIN.millis()..=Timestamp::MAX.millis(),
        0_i64..4_102_444_800_000,
        (Timestamp::MIN.millis() / 1_000..=Timestamp::MAX.millis() / 1_000)
            .prop_map(|seconds| seconds * 1_000),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn every_moment_is_written_as_chrono_writes_it(millis in millis()) {
        let ours = Timestamp::from_millis(millis);
        let theirs = DateTime::<Utc>::from_timestamp_millis(millis).unwrap();
        let precision = if millis % 1_000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
        prop_assert_eq!(ours.to_string(), theirs.to_rfc3339_opts(precision, true));
        prop_assert_eq!(at(&ours.to_string()), Ok(millis));
        let (year, month, day) = ours.civil();
        prop_assert_eq!((i32::from(year), month.into(), day.into()), (theirs.year(), theirs.month(), theirs.day()));
        prop_assert_eq!(ours.month(), theirs.format("%Y-%m").to_string());
        let json = serde_json::to_string(&ours).unwrap();
        prop_assert_eq!(&json, &format!("\"{ours}\""));
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), ours);
    }

    #[test]
    fn every_offset_is_read_as_chrono_reads_it(
        millis in 0_i64..200_000_000_000_000,
        minutes in -1_439_i32..=1_439,
        nanos in 0_i64..1_000_000,
    ) {
        let offset = chrono::FixedOffset::east_opt(minutes * 60).unwrap();
        let moment = DateTime::<Utc>::from_timestamp_nanos((millis % 9_000_000_000_000) * 1_000_000 + nanos);
        let text = moment.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Nanos, false);
        prop_assert_eq!(at(&text), Ok(moment.timestamp_millis()), "{}", text);
    }

    #[test]
    fn fields_out_of_range_are_refused_where_chrono_refuses_them(
        year in 1_u16..=9_999, month in 0_u8..=13, day in 0_u8..=32, hour in 0_u8..=24, minute in 0_u8..=60,
    ) {
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:30Z");
        let theirs = DateTime::parse_from_rfc3339(&text).ok().map(|moment| moment.timestamp_millis());
        prop_assert_eq!(at(&text).ok(), theirs, "{}", text);
    }
}

#[test]
fn every_day_of_the_calendar_is_the_day_that_chrono_says() {
    let mut day =
        DateTime::<Utc>::from_timestamp_millis(Timestamp::MIN.millis()).unwrap().date_naive();
    let mut millis = Timestamp::MIN.millis();
    while millis < Timestamp::MAX.millis() {
        let (year, month, of_month) = Timestamp::from_millis(millis).civil();
        assert_eq!(
            (i32::from(year), u32::from(month), u32::from(of_month)),
            (day.year(), day.month(), day.day())
        );
        day = day.succ_opt().unwrap();
        millis += 86_400_000;
    }
    assert_eq!(millis, Timestamp::MAX.millis() + 1);
}

#[test]
fn rfc_3339_is_read_in_all_its_forms() {
    let noon = at("2025-01-29T12:00:00Z").unwrap();
    assert_eq!(at("2025-01-29t12:00:00z"), Ok(noon));
    assert_eq!(at("2025-01-29T12:00:00.000Z"), Ok(noon));
    assert_eq!(at("2025-01-29T14:30:00+02:30"), Ok(noon));
    assert_eq!(at("2025-01-28T12:01:00-23:59"), Ok(noon));
    assert_eq!(at("2025-01-29T12:00:00-00:00"), Ok(noon));
    assert_eq!(at("2025-01-29T12:00:00.1Z"), Ok(noon + 100));
    assert_eq!(at("2025-01-29T12:00:00.1239999999999Z"), Ok(noon + 123));
    assert_eq!(at(&format!("2025-01-29T12:00:00.{}Z", "9".repeat(100_000))), Ok(noon + 999));
    assert_eq!(at("2016-12-31T23:59:60Z"), at("2016-12-31T23:59:59.999Z"));
    assert_eq!(at("2016-12-31T23:59:60.5Z"), at("2016-12-31T23:59:59.999Z"));
    assert_eq!(at("1969-12-31T23:59:59.999Z"), Ok(-1));
    assert_eq!(at("0000-12-31T23:30:00-01:00"), at("0001-01-01T00:30:00Z"));
}

#[test]
fn what_is_not_rfc_3339_or_not_a_date_is_refused() {
    for text in [
        "",
        "2025",
        "2025-01-29",
        "2025-01-29T12:00:00",
        "2025-01-29 12:00:00Z",
        "2025-01-29T12:00Z",
        "2025-01-29T12:00:00.Z",
        "2025-01-29T12:00:00,5Z",
        "2025-01-29T12:00:00ZZ",
        "2025-01-29T12:00:00Z ",
        " 2025-01-29T12:00:00Z",
        "2025-01-29T12:00:00+0100",
        "2025-01-29T12:00:00+01",
        "2025-01-29T12:00:00+24:00",
        "2025-01-29T12:00:00+01:60",
        "2025-01-29T12:00:00\u{2212}01:00",
        "2025-1-29T12:00:00Z",
        "+2025-01-29T12:00:00Z",
        "-001-01-29T12:00:00Z",
        "12025-01-29T12:00:00Z",
        "2025-01-29T24:00:00Z",
        "2025-01-29T23:60:00Z",
        "2025-01-29T23:59:61Z",
        "2025-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2500-02-29T00:00:00Z",
        "2025-04-31T00:00:00Z",
        "2025-00-01T00:00:00Z",
        "2025-13-01T00:00:00Z",
        "2025-01-00T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "2025-01-29T12:00:0\u{663}Z",
        "1738152000000",
    ] {
        assert_eq!(at(text), Err(TimestampError), "{text}");
    }
    for year in ["1600", "2000", "2024", "2400"] {
        assert!(at(&format!("{year}-02-29T00:00:00Z")).is_ok(), "{year}");
    }
    assert_eq!(TimestampError.code(), "time.invalid");
    assert!(serde_json::from_str::<Timestamp>("1738152000000").is_err());
}

#[test]
fn time_stops_at_the_years_1_and_9999() {
    assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00Z");
    assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
    assert_eq!(Timestamp::from_millis(i64::MIN), Timestamp::MIN);
    assert_eq!(Timestamp::from_millis(i64::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::try_from(Timestamp::MAX.millis() + 1), Err(TimestampError));
    assert_eq!(Timestamp::try_from(Timestamp::MIN.millis() - 1), Err(TimestampError));
    assert_eq!(Timestamp::MAX.plus_millis(i64::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::MAX.checked_add_millis(1), None);
    assert_eq!(Timestamp::from_millis(5).checked_add_millis(-6), Some(Timestamp::from_millis(-1)));
    assert_eq!(Timestamp::from_millis(5).millis_since(Timestamp::from_millis(7)), -2);
}
