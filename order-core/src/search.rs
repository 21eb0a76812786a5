//! What an order is found by.

use crate::{Order, PersonalData, Product};

/// The most words that a search looks for.
pub const WORDS_MAX: usize = 16;

/// The words of a text: runs of letters and digits, in lower case. Every store cuts texts the same
/// way, so that all find the same orders; signs such as `%` and `*` only separate words.
pub fn words(text: &str) -> Vec<String> {
    let runs = text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(str::to_lowercase).collect()
}

/// The words that an order is found by, separated by blanks: id, number, customer, e-mail, name,
/// products, tracking numbers, tags and notes.
pub fn order_words(order: &Order, person: &PersonalData) -> String {
    let mut text = Text::default();
    text.add(order.id().as_str());
    text.add(order.number().as_str());
    text.add_some(order.customer_id());
    text.add_some(person.email.as_ref());
    text.add_some(person.name.as_ref());
    for line in order.lines() {
        text.add(line.product_id.as_str());
        if line.name.as_str() != line.product_id.as_str() {
            text.add(line.name.as_str());
        }
    }
    for parcel in order.shipments() {
        text.add_some(parcel.tracking_number.as_ref());
    }
    order.tags().iter().for_each(|tag| text.add(tag.as_str()));
    person.notes.iter().for_each(|note| text.add(&note.text));
    text.0
}

/// The words that a product is found by.
pub fn product_words(product: &Product) -> String {
    let mut text = Text::default();
    text.add(product.id.as_str());
    text.add(product.name.as_str());
    text.0
}

/// Whether each word is the beginning of some word of the text that [`order_words`] or
/// [`product_words`] made.
pub fn matches(text: &str, words: &[String]) -> bool {
    let begins = |word: &String| text.split(' ').any(|other| other.starts_with(word.as_str()));
    words.iter().all(begins)
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn add(&mut self, text: &str) {
        for run in text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()) {
            if !self.0.is_empty() {
                self.0.push(' ');
            }
            if run.is_ascii() {
                self.0.extend(run.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
            } else {
                self.0.push_str(&run.to_lowercase());
            }
        }
    }

    fn add_some(&mut self, text: Option<&impl AsRef<str>>) {
        if let Some(text) = text {
            self.add(text.as_ref());
        }
    }
}
