//! What an order is found by.

use crate::{Order, PersonalData, Product};

/// The most words that a search looks for.
pub const WORDS_MAX: usize = 16;

/// The words of a text: runs of letters and digits, in lower case and without accents; a UUID is one
/// word. Every store cuts texts the same way, so that all find the same orders; signs such as `%` and
/// `*` only separate words.
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for_each_run(text, |run| {
        let mut word = String::with_capacity(run.len());
        fold(run, &mut word);
        words.push(word);
    });
    words
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
        for_each_run(text, |run| {
            if !self.0.is_empty() {
                self.0.push(' ');
            }
            fold(run, &mut self.0);
        });
    }

    fn add_some(&mut self, text: Option<&impl AsRef<str>>) {
        if let Some(text) = text {
            self.add(text.as_ref());
        }
    }
}

/// Calls for each uncut word of a text.
fn for_each_run(text: &str, mut each: impl FnMut(&str)) {
    // Only a longer text can hold a UUID among other words.
    if text.len() < UUID_LENGTH {
        runs(text).for_each(each);
        return;
    }
    for part in text.split_whitespace() {
        if is_uuid(part) {
            each(part);
        } else {
            runs(part).for_each(&mut each);
        }
    }
}

const UUID_LENGTH: usize = 36;

/// Whether a text is a UUID with its hyphens (RFC 9562, section 4).
fn is_uuid(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() == UUID_LENGTH && text.bytes().enumerate().all(fits)
}

/// The uncut words of a text. A letter may carry combining accents.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let sign = |c: char| !c.is_alphanumeric() && !is_accent(c);
    text.split(sign).filter(|run| run.contains(char::is_alphanumeric))
}

const fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Adds a word in the form in which it is compared.
fn fold(run: &str, word: &mut String) {
    if run.is_ascii() {
        // A UUID is the only run with signs in it.
        let letters = run.bytes().filter(u8::is_ascii_alphanumeric);
        word.extend(letters.map(|byte| char::from(byte.to_ascii_lowercase())));
        return;
    }
    // Letter by letter: the lower case of a whole word would depend on where it ends.
    for letter in run.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()) {
        match letter {
            'ß' => word.push_str("ss"),
            'æ' => word.push_str("ae"),
            'œ' => word.push_str("oe"),
            'þ' => word.push_str("th"),
            letter => word.push(bare(letter)),
        }
    }
}

/// A lower-case letter without its accent, as people type it who do not have the key.
const fn bare(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ'..='ặ' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ð' | 'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ'..='ệ' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ĥ' | 'ħ' => 'h',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ǐ' | 'ỉ'..='ị' => 'i',
        'ĵ' => 'j',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ǒ' | 'ọ'..='ợ' => 'o',
        'ŕ' | 'ŗ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ť' | 'ŧ' | 'ț' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ǔ' | 'ụ'..='ự' => 'u',
        'ŵ' => 'w',
        'ý' | 'ÿ' | 'ŷ' | 'ỳ'..='ỹ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ς' => 'σ',
        'ύ' | 'ϋ' | 'ΰ' => 'υ',
        'ώ' => 'ω',
        'ё' => 'е',
        'й' => 'и',
        'ї' => 'і',
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_and_digits_in_any_script() {
        assert_eq!(words("ORD-000042, 100% *off*"), ["ord", "000042", "100", "off"]);
        assert_eq!(words("Анна Каренина"), ["анна", "каренина"]);
        assert_eq!(words("山田太郎 様"), ["山田太郎", "様"]);
        assert_eq!(words("שלום مرحبا"), ["שלום", "مرحبا"]);
        assert_eq!(words("🚀 \u{301} %_"), [""; 0]);
    }

    #[test]
    fn a_uuid_is_one_word() {
        let uuid = "01A21CB0-082e-74af-a35c-2a87b297bf1e";
        let word = "01a21cb0082e74afa35c2a87b297bf1e";
        assert_eq!(words(uuid), [word]);
        assert_eq!(
            words(&format!("of {uuid}\n{uuid}, x")),
            ["of", word, "01a21cb0", "082e", "74af", "a35c", "2a87b297bf1e", "x"]
        );
        assert_eq!(words("01a21cb0-082e"), ["01a21cb0", "082e"]);
    }

    #[test]
    fn case_and_accents_make_no_difference() {
        assert_eq!(words("MÜLLER Straße"), words("muller STRASSE"));
        assert_eq!(words("Cafe\u{301}"), words("CAFÉ"));
        assert_eq!(words("İstanbul"), ["istanbul"]);
        assert_eq!(words("Nguyễn Đặng"), ["nguyen", "dang"]);
    }

    #[test]
    fn a_beginning_of_a_word_is_found_whatever_its_last_letter_is() {
        let whole = words("ΟΔΟΣΗΜΑΝΣΗ").join(" ");
        assert!(matches(&whole, &words("ΟΔΟΣ")));
        assert!(matches(&whole, &words("οδός")));
        assert!(!matches(&whole, &words("ΗΜΑΝΣΗ")));
    }
}
