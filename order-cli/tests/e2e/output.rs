//! What is printed, for people and for programs.

use insta::{Settings, assert_json_snapshot, assert_snapshot};

use crate::shop::{Shop, steady};

/// Snapshots are called the same whichever suite takes them.
fn plainly_named() -> impl Drop {
    let mut settings = Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.bind_to_scope()
}

#[test]
fn the_help_lists_every_command() {
    let _named = plainly_named();
    assert_snapshot!(Shop::new().ok(&["--help"]));
}

#[test]
fn the_help_of_place_and_ship_and_list_says_what_they_take() {
    let _named = plainly_named();
    let shop = Shop::new();
    for command in ["place", "ship", "list"] {
        assert_snapshot!(command, shop.ok(&[command, "-h"]));
    }
}

#[test]
fn an_order_as_json_keeps_its_shape() {
    let _named = plainly_named();
    let shop = Shop::new();
    let number =
        shop.place(&["--customer", "C-1", "--city", "Bern", "--tag", "gift", "--tax", "5%"]);
    shop.ok(&["ship", &number, "--carrier", "Post"]);
    shop.ok(&["pay", &number, "1", "--method", "card"]);
    assert_json_snapshot!("order", steady(shop.json(&["show", &number])));
    let events = shop.json_lines(&["history", &number]);
    assert_json_snapshot!("event", steady(events.last().unwrap().clone()));
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let listed = &shop.json_lines(&["list"])[0];
    assert_eq!(keys(listed), keys(&shop.json(&["show", &number])));
}

#[test]
fn reports_as_json_keep_their_shape() {
    let _named = plainly_named();
    let shop = Shop::new();
    shop.place(&[]);
    assert_json_snapshot!("stats", shop.json(&["stats", "--by", "status"]));
    assert_json_snapshot!("verify", shop.json(&["verify"]));
    let run = shop.run(&["doctor", "--output", "json"]);
    let doctor: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let is_wrong = |finding: &serde_json::Value| finding["severity"] == "error";
    let findings = doctor["findings"].as_array().unwrap();
    assert_eq!(run.status, i32::from(findings.iter().any(is_wrong)), "{}", run.err);
    for finding in findings.iter().filter(|finding| is_wrong(finding)) {
        // A server that is started for tests may forget everything when it is killed.
        assert!(finding["code"].as_str().unwrap().starts_with("postgres."), "{finding}");
    }
}

#[test]
fn an_order_for_people_shows_all_there_is() {
    let shop = Shop::new();
    let number = shop.place(&["--customer", "C-1", "--name", "Ann", "--city", "Bern"]);
    shop.ok(&["ship", &number, "--item", "1=1", "--carrier", "Post", "--tracking", "T-9"]);
    shop.ok(&["pay", &number, "12.5", "--method", "card"]);
    shop.ok(&["note", &number, "handle with care"]);
    let card = shop.ok(&["show", &number]);
    for part in
        ["partially_shipped", "partially_paid", "C-1", "Ann", "Bern", "T-9", "12.50", "with care"]
    {
        assert!(card.contains(part), "{part}: {card}");
    }
    assert!(card.contains("17.50 EUR"), "what is due: {card}");
}

#[test]
fn the_list_for_people_aligns_amounts_and_says_how_to_go_on() {
    let shop = Shop::new();
    shop.place(&[]);
    shop.ok(&["place", "--product", "a:1000:9.99", "--currency", "EUR"]);
    let run = shop.run(&["list"]);
    let ends: Vec<_> = run.out.lines().skip(1).map(|line| line.find(" EUR")).collect();
    assert_eq!(ends.len(), 2);
    assert_eq!(ends[0], ends[1], "{}", run.out);
    let run = shop.run(&["list", "-n", "1"]);
    assert!(run.err.contains("there are more: --all, or --cursor "), "{}", run.err);
    let cursor = run.err.trim().rsplit(' ').next().unwrap().to_owned();
    assert_eq!(shop.json_lines(&["list", "--cursor", &cursor]).len(), 1);
}

#[test]
fn stats_for_people_add_up_to_a_total_for_each_currency() {
    let shop = Shop::new();
    shop.place(&[]);
    shop.place(&[]);
    shop.ok(&["place", "--product", "a:1:100", "--currency", "JPY"]);
    let out = shop.ok(&["stats", "--by", "status"]);
    let totals: Vec<Vec<_>> = out
        .lines()
        .filter(|line| line.starts_with("TOTAL"))
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(totals[0][1..], ["2", "60.00", "0.00", "0.00", "60.00", "0.00", "60.00", "EUR"]);
    assert_eq!(totals[1][1..4], ["1", "100", "0"]);
}

#[test]
fn figures_as_json_keep_their_shape() {
    let _named = plainly_named();
    let shop = Shop::new();
    shop.place(&["--country", "Spain", "--customer", "C-1"]);
    for what in ["summary", "products", "countries", "funnel"] {
        assert_json_snapshot!(format!("stats_{what}"), shop.json(&["stats", what]));
    }
    let revenue = shop.json(&["stats", "revenue", "-i", "month", "--zone", "Asia/Kolkata"]);
    assert_eq!((&revenue["interval"], &revenue["zone"]), (&"month".into(), &"Asia/Kolkata".into()));
    let periods = revenue["periods"].as_array().unwrap();
    assert_eq!(periods.len(), 12);
    assert_eq!(periods[11]["gross"], "30.00", "{revenue}");
    let flagged = shop.ok(&["stats", "revenue", "-i", "month", "--zone", "Asia/Kolkata", "--json"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&flagged).unwrap(), revenue);
}

#[test]
fn figures_are_tables_for_people_and_for_spreadsheets() {
    let shop = Shop::new();
    assert!(shop.run(&["stats", "summary"]).status == 3, "there is no database yet");
    shop.ok(&["migrate"]);
    assert!(shop.run(&["stats", "products"]).err.contains("no orders"));
    let first = shop.place(&["--customer", "C-1"]);
    shop.place(&["--customer", "C-2"]);
    shop.ok(&["place", "--product", "a:1:100", "--currency", "JPY"]);
    shop.ok(&["cancel", &first]);
    let out = shop.ok(&["stats", "summary"]);
    let rows: Vec<Vec<_>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[1], ["EUR", "1", "60.00", "30.00", "0.00", "0.00", "30.00", "30.00"]);
    assert_eq!(rows[2][..3], ["JPY", "1", "100"]);
    let out = shop.ok(&["stats", "products", "-n", "1"]);
    assert_eq!(
        out.lines().nth(1).unwrap().split_whitespace().collect::<Vec<_>>(),
        ["mug", "1", "2", "15.00", "EUR"]
    );
    assert!(!out.contains('█') && !out.contains('\x1b'), "plain where nobody looks: {out}");
    let out = shop.ok(&["stats", "customers", "--csv", "--currency", "EUR"]);
    assert!(out.starts_with("key,currency,orders,cancelledOrders,units,gross,"), "{out}");
    assert!(out.contains("\nC-2,EUR,1,0,3,30.00,"), "{out}");
    let out = shop.ok(&["stats", "funnel"]);
    assert!(out.contains("\ncancelled               1\n"), "{out}");
    assert_eq!(shop.ok(&["stats", "recount"]).split_whitespace().last(), Some("counted"));
    assert_eq!(shop.ok(&["stats", "customers", "--csv", "--currency", "EUR"]).lines().count(), 3);
    for bad in [
        &["stats", "revenue", "--zone", "Mars"][..],
        &["stats", "summary", "--from", "2025-02", "--to", "2025-01"],
        &["stats", "products", "-n", "0"],
    ] {
        let run = shop.run(bad);
        assert_eq!(run.status, 1, "{bad:?}: {}", run.err);
    }
    assert_eq!(shop.run(&["stats", "--by", "month", "summary"]).status, 2);
    assert_eq!(shop.run(&["stats", "summary", "--csv", "--json"]).status, 2);
}

#[test]
fn transitions_are_printed_as_table_diagram_and_json() {
    let shop = Shop::new();
    assert!(shop.ok(&["transitions"]).contains("partially_shipped  ship"));
    assert!(shop.ok(&["transitions", "--format", "mermaid"]).starts_with("stateDiagram-v2\n"));
    let rows = shop.json(&["transitions"]);
    assert_eq!(rows.as_array().unwrap().len(), order_core::TRANSITIONS.len());
    assert_eq!(rows[0], serde_json::json!({"from": null, "action": "draft", "to": "draft"}));
}

#[test]
fn every_shell_gets_its_completions() {
    let shop = Shop::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(shop.ok(&["completions", shell]).contains("transitions"), "{shell}");
    }
}

#[test]
fn every_command_gets_its_manual_page() {
    let shop = Shop::new();
    let folder = tempfile::tempdir().unwrap();
    shop.ok(&["man", folder.path().to_str().unwrap()]);
    let pages: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().collect();
    assert!(pages.len() > 40, "{}", pages.len());
    let page = std::fs::read_to_string(folder.path().join("order-ship.1")).unwrap();
    assert!(page.contains(".SH NAME") && page.contains("tracking"), "{page}");
}

#[test]
fn talk_is_kept_from_the_data_and_can_be_silenced() {
    let shop = Shop::new();
    let args = ["place", "--product", "a:1:1"];
    let run = shop.run(&args);
    assert!(run.err.starts_with("allowed now: "), "{}", run.err);
    assert_eq!(run.out.lines().count(), 1);
    assert_eq!(shop.run(&[&args[..], &["--quiet"]].concat()).err, "");
    assert_eq!(shop.run(&[&args[..], &["--output", "json"]].concat()).err, "");
}

#[test]
fn why_an_action_is_not_allowed_is_shown() {
    let shop = Shop::new();
    let number = shop.place(&[]);
    let out = shop.ok(&["show", &number, "--actions"]);
    let deliver = out.lines().find(|line| line.starts_with("deliver ")).unwrap();
    assert!(deliver.contains("no") && deliver.contains("confirmed"), "{deliver}");
}
