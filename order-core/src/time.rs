//! Moments in time, to the millisecond, in UTC.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use thiserror::Error;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Days from 0000-03-01, where a year of the calendar below begins, to the Unix epoch.
const EPOCH_DAY: i64 = 719_468;

/// Days in 400 years, after which the calendar repeats.
const CYCLE_DAYS: i64 = 146_097;

/// A moment, as milliseconds since the Unix epoch, from year 1 to year 9999 of UTC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// The text is not an RFC 3339 time, or lies outside the years 1 to 9999.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the time is not an RFC 3339 date and time with an offset, such as 2025-01-29T00:00:00Z")]
pub struct TimestampError;

impl TimestampError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        "time.invalid"
    }
}

impl Timestamp {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800_000);

    /// 9999-12-31T23:59:59.999Z.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The moment so many milliseconds after the Unix epoch; beyond [`Timestamp::MIN`] and [`Timestamp::MAX`],
    /// the nearer of both. To have such a number refused, use `try_from`.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This moment moved by so many milliseconds, stopping at [`Timestamp::MIN`] and [`Timestamp::MAX`].
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// This moment moved by so many milliseconds, if that is a moment.
    pub fn checked_add_millis(self, millis: i64) -> Option<Self> {
        self.0.checked_add(millis).and_then(|millis| Self::try_from(millis).ok())
    }

    /// Milliseconds from the other moment to this one; negative when the other is later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The date in UTC: year, month (1 to 12), day (1 to 31).
    pub fn civil(self) -> (u16, u8, u8) {
        let day = self.0.div_euclid(DAY_MS) + EPOCH_DAY;
        let (cycle, day) = (day / CYCLE_DAYS, day % CYCLE_DAYS);
        // The last day of 4, 100 and 400 years belongs to the year before it.
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        // Months from March are 30.6 days on average, which this fraction reproduces exactly.
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (year, month) = (400 * cycle + year + month / 10, (month + 2) % 12 + 1);
        (narrow(year), narrow(month), narrow(day))
    }

    /// When a date begins in UTC, in milliseconds since the Unix epoch.
    pub(crate) fn midnight_ms(year: i64, month: i64, day: i64) -> i64 {
        day_number(year, month, day) * DAY_MS
    }

    /// The month in UTC, as in `2011-04`.
    pub fn month(self) -> String {
        self.text().as_str().get(..7).unwrap_or_default().to_owned()
    }

    fn text(self) -> Text {
        let (year, month, day) = self.civil();
        let time = self.0.rem_euclid(DAY_MS);
        let mut text = Text { bytes: *b"0000-00-00T00:00:00.000Z", len: 24 };
        text.write(0, 4, year.into());
        text.write(5, 2, month.into());
        text.write(8, 2, day.into());
        text.write(11, 2, time / HOUR_MS);
        text.write(14, 2, time / MINUTE_MS % 60);
        text.write(17, 2, time / SECOND_MS % 60);
        if time % SECOND_MS == 0 {
            text.bytes[19] = b'Z';
            text.len = 20;
        } else {
            text.write(20, 3, time % SECOND_MS);
        }
        text
    }
}

/// Narrows a number that is known to fit.
fn narrow<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}

impl TryFrom<i64> for Timestamp {
    type Error = TimestampError;

    /// Milliseconds since the Unix epoch, refused outside the years 1 to 9999.
    fn try_from(millis: i64) -> Result<Self, TimestampError> {
        let clamped = Self::from_millis(millis);
        if clamped.0 == millis { Ok(clamped) } else { Err(TimestampError) }
    }
}

struct Text {
    bytes: [u8; 24],
    len: usize,
}

impl Text {
    fn write(&mut self, at: usize, width: usize, number: i64) {
        let mut rest = number.unsigned_abs();
        for byte in self.bytes[at..at + width].iter_mut().rev() {
            *byte = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }

    fn as_str(&self) -> &str {
        // Only ASCII was written, so this never falls back.
        str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads RFC 3339 with any offset. Digits below the millisecond are dropped; a leap second is the last
    /// millisecond before it.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        parse(text.as_bytes()).and_then(|millis| Self::try_from(millis).ok()).ok_or(TimestampError)
    }
}

fn parse(text: &[u8]) -> Option<i64> {
    let (fixed, rest) = text.split_at_checked(19)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b't', time @ ..] = fixed else {
        return None;
    };
    let [h1, h2, b':', n1, n2, b':', s1, s2] = time else {
        return None;
    };
    let year = pair(*y1, *y2)? * 100 + pair(*y3, *y4)?;
    let (month, day) = (pair(*m1, *m2)?, pair(*d1, *d2)?);
    let (hour, minute, second) = (pair(*h1, *h2)?, pair(*n1, *n2)?, pair(*s1, *s2)?);
    if !(1..=days_in(year, month)?).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction, rest) = fraction(rest)?;
    let within = if second == 60 { MINUTE_MS - 1 } else { second * SECOND_MS + fraction };
    Some(
        day_number(year, month, day) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + within
            - offset(rest)?,
    )
}

fn pair(tens: u8, ones: u8) -> Option<i64> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| i64::from((tens - b'0') * 10 + (ones - b'0')))
}

fn days_in(year: i64, month: i64) -> Option<i64> {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => Some(29),
        2 => Some(28),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

/// Days since the Unix epoch. Counting years from March puts the leap day at a year's end.
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leaps + (153 * month + 2) / 5 + day - 1 - EPOCH_DAY
}

/// The milliseconds of an optional fraction, and what follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', text @ ..] = text else {
        return Some((0, text));
    };
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(count);
    let digit = |place: usize| digits.get(place).map_or(0, |byte| i64::from(byte - b'0'));
    (count > 0).then(|| (digit(0) * 100 + digit(1) * 10 + digit(2), rest))
}

fn offset(text: &[u8]) -> Option<i64> {
    let (sign, h1, h2, m1, m2) = match text {
        [b'Z' | b'z'] => return Some(0),
        [b'+', h1, h2, b':', m1, m2] => (1, h1, h2, m1, m2),
        [b'-', h1, h2, b':', m1, m2] => (-1, h1, h2, m1, m2),
        _ => return None,
    };
    let (hours, minutes) = (pair(*h1, *h2)?, pair(*m1, *m2)?);
    (hours <= 23 && minutes <= 59).then_some(sign * (hours * HOUR_MS + minutes * MINUTE_MS))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text().as_str())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text().as_str())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimestampVisitor)
    }
}

struct TimestampVisitor;

impl Visitor<'_> for TimestampVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an RFC 3339 time in a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(E::custom)
    }
}
