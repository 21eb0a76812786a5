//! Time zones, and the hours, days, weeks and months in them.

use std::{fmt, str::FromStr};

use jiff::{
    ToSpan,
    civil::{Date, DateTime},
    fmt::temporal::DateTimeParser,
    tz::TimeZone,
};
use order_core::{
    PERIODS_MAX, Timestamp,
    analytics::{Grain, Period},
};

use super::query::{Query, refuse};
use crate::error::ApiError;

/// The longest name of a zone, in bytes.
const NAME_MAX: usize = 64;

/// The largest offset, in seconds: 18 hours.
const OFFSET_MAX_S: i32 = 18 * 60 * 60;

/// A zone by its name in the IANA database, such as `Europe/Berlin`, or an offset, such as `+05:30`. The
/// database is part of the program, so that the answer is the same on every machine.
#[derive(Debug, Clone)]
pub(crate) struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// UTC.
    pub(crate) fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    /// The zone that a query names; UTC if it names none.
    pub(crate) fn of(query: &Query) -> Result<Self, ApiError> {
        let Some(text) = query.get(&["zone"])? else {
            return Ok(Self::utc());
        };
        Self::parse(text).ok_or_else(|| {
            let detail =
                "this must be a zone such as Europe/Berlin, UTC, or an offset such as +05:30";
            refuse(&["zone"], "analytics.zone_unknown", detail)
        })
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > NAME_MAX {
            return None;
        }
        // A plus that was not encoded has become a blank.
        let text =
            text.strip_prefix(' ').map_or_else(|| text.to_owned(), |rest| format!("+{rest}"));
        if text.starts_with(['+', '-', '−']) {
            let zone = DateTimeParser::new().parse_time_zone(&text).ok()?;
            let seconds = zone.to_fixed_offset().ok()?.seconds();
            if seconds.abs() > OFFSET_MAX_S {
                return None;
            }
            return Some(Self { name: text, zone });
        }
        let zone = TimeZone::get(&text).ok()?;
        let name = zone.iana_name()?.to_owned();
        Some(Self { name, zone })
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A time of the query, or a day, which counts as its beginning in this zone.
    pub(crate) fn time(
        &self,
        query: &Query,
        names: &'static [&str],
    ) -> Result<Option<Timestamp>, ApiError> {
        match query.get(names)? {
            Some(text) if text.len() == "2025-01-29".len() => {
                let begins = text.parse().ok().and_then(|date: Date| self.begins(date));
                let detail = "the time is not a day or an RFC 3339 time";
                let begins = begins.ok_or_else(|| refuse(names, "time.invalid", detail))?;
                Ok(Some(begins))
            }
            _ => query.time(names),
        }
    }

    /// When a day begins. Where clocks are put forward at midnight, that is after it.
    fn begins(&self, date: Date) -> Option<Timestamp> {
        self.moment(date.at(0, 0, 0, 0))
    }

    fn moment(&self, local: DateTime) -> Option<Timestamp> {
        let at = self.zone.to_timestamp(local).ok()?;
        Timestamp::try_from(at.as_millisecond()).ok()
    }

    fn local(&self, at: Timestamp) -> Option<DateTime> {
        let at = jiff::Timestamp::from_millisecond(at.millis()).ok()?;
        Some(self.zone.to_datetime(at))
    }
}

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interval {
    Hour,
    Day,
    Week,
    Month,
}

impl FromStr for Interval {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "hour" => Ok(Self::Hour),
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            _ => Err("this must be hour, day, week or month"),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        })
    }
}

impl Interval {
    /// How many are shown if nobody says from when on.
    const fn usual(self) -> u32 {
        match self {
            Self::Hour => 24,
            Self::Day => 30,
            Self::Week | Self::Month => 12,
        }
    }

    /// Where the interval of a local time begins.
    fn floor(self, local: DateTime) -> Option<DateTime> {
        let date = local.date();
        let date = match self {
            Self::Hour => return Some(date.at(local.hour(), 0, 0, 0)),
            Self::Day => date,
            Self::Week => {
                date.checked_sub(i64::from(date.weekday().to_monday_zero_offset()).days()).ok()?
            }
            Self::Month => date.first_of_month(),
        };
        Some(date.at(0, 0, 0, 0))
    }

    /// So many intervals on from the beginning of one, or back if negative.
    fn step(self, begin: DateTime, count: i64) -> Option<DateTime> {
        let span = match self {
            Self::Hour => count.hours(),
            Self::Day => count.days(),
            Self::Week => count.weeks(),
            Self::Month => count.months(),
        };
        begin.checked_add(span).ok()
    }

    /// What people call the interval that begins here.
    fn label(self, begin: DateTime) -> String {
        let format = match self {
            Self::Hour => "%Y-%m-%d %H:%M",
            Self::Day => "%Y-%m-%d",
            Self::Week => "%G-W%V",
            Self::Month => "%Y-%m",
        };
        begin.strftime(format).to_string()
    }
}

/// A period with the name that people give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) label: String,
    pub(crate) period: Period,
}

/// The intervals of a zone from one time to another; the first and the last end where those are. Without a
/// beginning, the usual number of them; without an end, up to now.
pub(crate) fn periods(
    zone: &Zone,
    interval: Interval,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
    now: Timestamp,
) -> Result<Vec<Named>, ApiError> {
    let beyond = || refuse(&["from"], "time.invalid", "the time is beyond what calendars know");
    let to = to.unwrap_or(now.plus_millis(1));
    let from = match from {
        Some(from) => from,
        None => usual_beginning(zone, interval, to).ok_or_else(beyond)?,
    };
    if from >= to {
        let detail = "the period must end after it begins";
        return Err(refuse(&["to"], "analytics.period_empty", detail));
    }
    let first = zone.local(from).and_then(|local| interval.floor(local)).ok_or_else(beyond)?;
    let mut periods: Vec<Named> = Vec::new();
    let (mut begin, mut at) = (first, from);
    while at < to {
        if periods.len() == PERIODS_MAX {
            let detail = format!("this would be more than {PERIODS_MAX} periods");
            return Err(refuse(&["interval"], "analytics.too_many_periods", detail));
        }
        let next = interval.step(begin, 1);
        let end = next.and_then(|next| zone.moment(next)).unwrap_or(Timestamp::MAX).min(to);
        // Of an hour that clocks skip nothing is left; what is not whole quarters of an hour, as zones
        // were long ago, is rounded, so that periods meet.
        let period = meeting(Period { from: at, to: end }, (from, to));
        if period.from < period.to {
            periods.push(Named { label: interval.label(begin), period });
        }
        let Some(next) = next else { break };
        (begin, at) = (next, at.max(end));
    }
    Ok(periods)
}

fn usual_beginning(zone: &Zone, interval: Interval, to: Timestamp) -> Option<Timestamp> {
    let last = interval.floor(zone.local(to.plus_millis(-1))?)?;
    zone.moment(interval.step(last, 1 - i64::from(interval.usual()))?)
}

/// The period on quarters of an hour: bounds between two periods go down, the outer ones outwards.
fn meeting(period: Period, (from, to): (Timestamp, Timestamp)) -> Period {
    let down = |at: Timestamp| Timestamp::from_millis(Grain::Quarter.floor(at.millis()));
    let up = |at: Timestamp| Timestamp::from_millis(Grain::Quarter.ceil(at.millis()));
    Period {
        from: if period.from == from { down(from) } else { down(period.from) },
        to: if period.to == to { up(to) } else { down(period.to) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(zone: &str, interval: Interval, from: &str, to: &str) -> Vec<String> {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let zone = Zone::parse(zone).unwrap();
        let found = periods(&zone, interval, (Some(from), Some(to)), to).unwrap();
        for pair in found.windows(2) {
            assert_eq!(pair[0].period.to, pair[1].period.from, "periods meet");
        }
        let text = |named: &Named| format!("{} {}", named.label, named.period.from);
        found.iter().map(text).chain([found[found.len() - 1].period.to.to_string()]).collect()
    }

    #[test]
    fn days_are_those_of_the_zone_when_clocks_change() {
        assert_eq!(
            bounds("Europe/Berlin", Interval::Day, "2025-03-28T23:00:00Z", "2025-03-31T22:00:00Z"),
            [
                "2025-03-29 2025-03-28T23:00:00Z",
                "2025-03-30 2025-03-29T23:00:00Z",
                "2025-03-31 2025-03-30T22:00:00Z",
                "2025-03-31T22:00:00Z",
            ]
        );
        // Clocks are put forward at midnight.
        assert_eq!(
            bounds("Africa/Cairo", Interval::Day, "2025-04-23T22:00:00Z", "2025-04-25T21:00:00Z"),
            [
                "2025-04-24 2025-04-23T22:00:00Z",
                "2025-04-25 2025-04-24T22:00:00Z",
                "2025-04-25T21:00:00Z",
            ]
        );
    }

    #[test]
    fn an_hour_that_is_skipped_is_none_and_one_that_is_repeated_is_long() {
        let skipped =
            bounds("Europe/Berlin", Interval::Hour, "2025-03-30T00:00:00Z", "2025-03-30T02:00:00Z");
        assert_eq!(
            skipped,
            [
                "2025-03-30 01:00 2025-03-30T00:00:00Z",
                "2025-03-30 03:00 2025-03-30T01:00:00Z",
                "2025-03-30T02:00:00Z",
            ]
        );
        let repeated =
            bounds("Europe/Berlin", Interval::Hour, "2025-10-25T23:00:00Z", "2025-10-26T02:00:00Z");
        assert_eq!(
            repeated,
            [
                "2025-10-26 01:00 2025-10-25T23:00:00Z",
                "2025-10-26 02:00 2025-10-26T00:00:00Z",
                "2025-10-26T02:00:00Z",
            ]
        );
    }

    #[test]
    fn zones_of_half_and_quarter_hours_have_their_days() {
        for (zone, begins) in [
            ("Asia/Kolkata", "2025-05-31T18:30:00Z"),
            ("+05:30", "2025-05-31T18:30:00Z"),
            ("Asia/Kathmandu", "2025-05-31T18:15:00Z"),
            ("asia/kathmandu", "2025-05-31T18:15:00Z"),
            ("America/New_York", "2025-06-01T04:00:00Z"),
        ] {
            let found =
                bounds(zone, Interval::Month, "2025-05-15T00:00:00Z", "2025-06-15T00:00:00Z");
            assert_eq!(found[0], "2025-05 2025-05-15T00:00:00Z");
            assert_eq!(found[1], format!("2025-06 {begins}"));
        }
    }

    #[test]
    fn weeks_begin_on_monday_and_are_numbered_as_in_iso_8601() {
        assert_eq!(
            bounds("UTC", Interval::Week, "2020-12-31T10:00:00Z", "2021-01-05T00:00:00Z"),
            [
                "2020-W53 2020-12-31T10:00:00Z",
                "2021-W01 2021-01-04T00:00:00Z",
                "2021-01-05T00:00:00Z",
            ]
        );
    }

    #[test]
    fn bounds_of_long_ago_are_rounded_and_still_meet() {
        let found = bounds(
            "Europe/Amsterdam",
            Interval::Day,
            "1920-01-01T00:00:00Z",
            "1920-01-04T00:00:00Z",
        );
        assert!(found.len() > 3, "{found:?}");
        bounds("UTC", Interval::Month, "0001-01-01T00:00:00Z", "0003-01-01T00:00:00Z");
        bounds("-12:00", Interval::Month, "9999-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn what_is_no_zone_is_none() {
        let long = "x".repeat(65);
        for text in
            ["", "Mars/Olympus", "+25:00", "+", "EST5EDT,M3.2.0,M11.1.0", "../etc/passwd", &long]
        {
            assert!(Zone::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_usual_periods_end_now() {
        let now = "2025-05-15T10:20:30Z".parse().unwrap();
        for (interval, first, count) in [
            (Interval::Hour, "2025-05-14T11:00:00Z", 24),
            (Interval::Day, "2025-04-16T00:00:00Z", 30),
            (Interval::Week, "2025-02-24T00:00:00Z", 12),
            (Interval::Month, "2024-06-01T00:00:00Z", 12),
        ] {
            let found = periods(&Zone::utc(), interval, (None, None), now).unwrap();
            assert_eq!((found[0].period.from.to_string().as_str(), found.len()), (first, count));
        }
    }
}
