//! Where an answer ends.

use memchr::{memchr, memmem};

/// The status of an answer and where its parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Bytes of its head.
    pub(super) head: usize,
    /// Bytes of the head and the body.
    pub(super) length: usize,
}

/// What these bytes, which begin with an answer, say of it; nothing while it has not all come.
pub(super) fn read(bytes: &[u8]) -> Option<Answer> {
    let head = memmem::find(bytes, b"\r\n\r\n")? + 4;
    let status = number(bytes.get(9..12)?)?;
    let length = head + usize::try_from(content_length(&bytes[..head])?).ok()?;
    let status = u16::try_from(status).ok()?;
    (bytes.len() >= length).then_some(Answer { status, head, length })
}

fn content_length(mut head: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"content-length:";
    while let Some(end) = memchr(b'\n', head) {
        let (line, rest) = head.split_at(end + 1);
        if line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
            return number(line[NAME.len()..].trim_ascii());
        }
        head = rest;
    }
    None
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}
