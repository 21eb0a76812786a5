//! What is read, what is refused, and that the bounds hold.

use super::*;

const MANY: usize = 10_000;

fn code(text: &str) -> &'static str {
    parse(text, MANY).map_err(|error| error.code).unwrap_err()
}

#[test]
fn what_is_json_is_read_as_it_was_written() {
    let text = r#" {"a": [1.50, -0, 1e999999, true, null], "b\n": "\u00e9\ud83d\ude80\/"} "#;
    let Ok(Json::Object(members)) = parse(text, MANY) else { panic!("not an object") };
    assert_eq!(members[0].0, "a");
    let numbers = ["1.50", "-0", "1e999999"].map(Json::Number);
    let Json::List(values) = &members[0].1 else { panic!("not a list") };
    assert_eq!(values[..3], numbers);
    assert_eq!(values[3..], [Json::Bool(true), Json::Null]);
    assert_eq!(members[1], ("b\n".into(), Json::Text("é🚀/".into())));
    assert_eq!(parse("[]", MANY), Ok(Json::List(vec![])));
    assert_eq!(parse("{ }", MANY), Ok(Json::Object(vec![])));
}

#[test]
fn what_is_no_json_is_refused_by_place() {
    for text in [
        "",
        " ",
        "{",
        "}",
        "[1",
        "[1,]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "\"a",
        "tru",
        "nul",
        "01",
        "+1",
        "-",
        "1.",
        ".5",
        "1e",
        "1e+",
        "NaN",
        "Infinity",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\n\"",
        "1 2",
        "{} []",
        "\u{feff}{}",
        "// a\n1",
        "\"\\",
    ] {
        assert_eq!(code(text), "request.json", "{text:?}");
    }
    let detail = parse("{\n  \"a\": x}", MANY).unwrap_err().detail;
    assert_eq!(detail, "a value is expected, at line 2, column 8");
}

#[test]
fn what_readers_disagree_about_is_refused() {
    assert_eq!(code(r#"{"a":1,"b":{"c":1,"c":1}}"#), "request.duplicate_key");
    assert_eq!(code(r#"{"a":1,"\u0061":2}"#), "request.duplicate_key");
    let many: Vec<_> = (0..40).map(|at| format!("\"k{}\":1", at % 39)).collect();
    assert_eq!(code(&format!("{{{}}}", many.join(","))), "request.duplicate_key");
    assert_eq!(code("\"a\\u0000b\""), "request.nul");
    assert_eq!(code("{\"\\u0000\":1}"), "request.nul");
}

#[test]
fn depth_and_number_of_values_are_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(&nested(DEPTH_MAX), MANY).is_ok());
    assert_eq!(code(&nested(DEPTH_MAX + 2)), "request.too_deep");
    assert_eq!(code(&"[".repeat(1_000_000)), "request.too_deep");
    assert_eq!(code(&format!("[{}1]", "1,".repeat(MANY))), "request.too_many_values");
}

#[test]
fn every_small_change_of_a_text_is_judged_as_a_usual_reader_does() {
    let text = r#"{"a":[1,-2.5e+3,"x\n\u00e9\ud83d\ude80",true,null],"b":{"c":{},"d":[]}, "é":0}"#;
    let signs = b"\"\\{}[]:,0-.eEu xntf/\n\x01";
    let mut judged = 0;
    for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
        for sign in signs {
            let mut changed = text.to_owned();
            if text[at..].starts_with(|c: char| c.is_ascii()) {
                changed.replace_range(at..=at, std::str::from_utf8(&[*sign]).unwrap());
            } else {
                changed.insert(at, char::from(*sign));
            }
            for text in [&changed[..], &changed[..at]] {
                let usual = serde_json::from_str::<serde_json::Value>(text);
                match (parse(text, MANY), usual) {
                    (Ok(_), Ok(_)) => {}
                    (Err(error), Ok(_)) => {
                        assert!(
                            ["request.duplicate_key", "request.nul"].contains(&error.code),
                            "{text}"
                        );
                    }
                    (Err(error), Err(_)) => assert_eq!(error.code, "request.json", "{text}"),
                    (Ok(_), Err(error)) => {
                        assert!(error.to_string().contains("out of range"), "{text}: {error}");
                    }
                }
                judged += 1;
            }
        }
    }
    assert!(judged > 2_000, "only {judged}");
}
