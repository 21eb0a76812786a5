//! The currency table against that of another library.

use iso_currency::IntoEnumIterator;
use order_core::{Currency, MoneyError, UnknownCurrency};

/// Withdrawn before this library began: CUC 2021, HRK 2023, SLL and ZWL 2024.
const WITHDRAWN: [&str; 4] = ["CUC", "HRK", "SLL", "ZWL"];

#[test]
fn the_currency_table_is_that_of_iso_currency_without_the_withdrawn() {
    let theirs: Vec<(String, u16, u8)> = {
        let mut rows: Vec<_> = iso_currency::Currency::iter()
            .map(|currency| {
                let exponent = currency.exponent().unwrap_or(0);
                (currency.code().to_owned(), currency.numeric(), u8::try_from(exponent).unwrap())
            })
            .filter(|(code, ..)| !WITHDRAWN.contains(&code.as_str()))
            .collect();
        rows.sort();
        rows
    };
    let ours: Vec<(String, u16, u8)> = Currency::all()
        .map(|currency| (currency.code().to_owned(), currency.numeric(), currency.exponent()))
        .collect();
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 179);
}

#[test]
fn currency_codes_are_read_in_any_case() {
    for currency in Currency::all() {
        assert_eq!(currency.code().parse(), Ok(currency));
        assert_eq!(currency.code().to_lowercase().parse(), Ok(currency));
        assert_eq!(serde_json::to_string(&currency).unwrap(), format!("\"{currency}\""));
        assert_eq!(serde_json::from_str::<Currency>(&format!("\"{currency}\"")).unwrap(), currency);
    }
    for text in ["", "GB", "GBPP", "ZZZ", "HRK", "826", " GBP", "€", "G\u{42f}"] {
        assert_eq!(text.parse::<Currency>(), Err(UnknownCurrency), "{text}");
    }
    assert_eq!(MoneyError::from(UnknownCurrency).code(), "money.unknown_currency");
}
