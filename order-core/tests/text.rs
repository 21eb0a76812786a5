//! The rules of ids and short texts, from both sides.

use std::collections::HashMap;

use order_core::{Carrier, Email, Name, OrderId, Reason, Tag, TrackingNumber};

fn code<T>(read: Result<T, order_core::TextError>) -> &'static str {
    read.map_or_else(|error| error.code(), |_| "taken")
}

#[test]
fn the_limit_counts_characters_not_bytes() {
    for letter in ["a", "é", "漢", "🦀"] {
        assert_eq!(code(letter.repeat(200).parse::<OrderId>()), "taken");
        assert_eq!(code(letter.repeat(201).parse::<OrderId>()), "text.too_long");
        assert_eq!(code(letter.repeat(60).parse::<Tag>()), "taken");
        assert_eq!(code(letter.repeat(61).parse::<Tag>()), "text.too_long");
        assert_eq!(code(letter.repeat(100).parse::<Carrier>()), "taken");
        assert_eq!(code(letter.repeat(101).parse::<TrackingNumber>()), "text.too_long");
        assert_eq!(code(letter.repeat(501).parse::<Name>()), "text.too_long");
        assert_eq!(code(letter.repeat(1_000).parse::<Reason>()), "taken");
        assert_eq!(code(letter.repeat(1_001).parse::<Reason>()), "text.too_long");
    }
    assert_eq!(code("".parse::<OrderId>()), "text.empty");
}

#[test]
fn control_characters_are_refused_wherever_they_stand() {
    for control in ["\0", "\u{1}", "\n", "\t", "\r", "\u{1b}", "\u{7f}", "\u{85}"] {
        for text in [format!("a{control}b"), format!("{control}a"), format!("a{control}")] {
            assert_eq!(code(text.parse::<OrderId>()), "text.control_character", "{text:?}");
        }
    }
    assert_eq!(code("a\n\tb".parse::<Reason>()), "taken");
    assert_eq!(code("a\0b".parse::<Reason>()), "text.control_character");
    assert_eq!(code("a\n".parse::<Reason>()), "text.surrounding_space");
}

#[test]
fn white_space_around_is_refused_unless_cleaned() {
    for text in [" a", "a ", "\u{a0}a", "a\u{3000}"] {
        assert_eq!(code(text.parse::<OrderId>()), "text.surrounding_space", "{text:?}");
        assert_eq!(OrderId::clean(text).unwrap(), "a");
    }
    assert_eq!(OrderId::clean("\t a b\n").unwrap(), "a b");
    assert_eq!(code(OrderId::clean(" \n ")), "text.empty");
}

#[test]
fn an_e_mail_address_has_one_at_with_something_on_both_sides() {
    for text in ["a@b", "first.last+tag@example.co.uk", "ü@exämple.de", "o'neil@example.com"] {
        assert_eq!(code(text.parse::<Email>()), "taken", "{text}");
    }
    for text in [
        "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b c", "a@.b", "a@b.", "a@b..c", "<a@b>",
        "a@b,c@d", "a;@b",
    ] {
        assert_eq!(code(text.parse::<Email>()), "text.email", "{text}");
    }
    assert_eq!(code(format!("{}@b", "a".repeat(252)).parse::<Email>()), "taken");
    assert_eq!(code(format!("{}@b", "a".repeat(253)).parse::<Email>()), "text.too_long");
}

#[test]
fn errors_name_the_field_and_the_rule() {
    let message = |text: &str| text.parse::<OrderId>().unwrap_err().to_string();
    assert_eq!(message(""), "the order id is empty");
    assert_eq!(message(&"a".repeat(201)), "the order id is longer than 200 characters");
    assert_eq!(message("a\0"), "the order id contains a control character");
    assert_eq!(
        "a".parse::<Email>().unwrap_err().to_string(),
        "the e-mail address is not of the form name@domain"
    );
}

#[test]
fn json_is_checked_like_any_other_text() {
    assert_eq!(serde_json::from_str::<OrderId>(r#""a\u0062""#).unwrap(), "ab");
    assert_eq!(serde_json::from_value::<OrderId>("ab".into()).unwrap(), "ab");
    assert_eq!(serde_json::to_string(&OrderId::try_from("a\"b").unwrap()).unwrap(), r#""a\"b""#);
    for json in [r#""""#, r#"" a""#, r#""\u0000""#, "1", "null", "[]"] {
        assert!(serde_json::from_str::<OrderId>(json).is_err(), "{json}");
    }
}

#[test]
fn ids_are_keys_that_are_found_by_text() {
    let orders = HashMap::from([(OrderId::try_from(String::from("a")).unwrap(), 1)]);
    assert_eq!(orders.get("a"), Some(&1));
    assert!(OrderId::try_from("a").unwrap() < OrderId::try_from("b").unwrap());
}
