//! Buckets of time, and which of them a period is made of.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

const QUARTER_MS: i64 = 15 * 60 * 1_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How long a bucket is. Each grain's bounds are bounds of the finer ones too.
///
/// Quarters of an hour are enough for every zone of today: offsets are multiples of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// A quarter of an hour.
    Quarter,
    /// A day of UTC.
    Day,
    /// A month of UTC.
    Month,
    /// A year of UTC.
    Year,
}

impl Grain {
    /// The name it is kept by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarter => "quarter",
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// Where the bucket of a moment begins, both in milliseconds since the Unix epoch.
    pub fn floor(self, at: i64) -> i64 {
        let (year, month, _) = Timestamp::from_millis(at).civil();
        match self {
            Self::Quarter => at - at.rem_euclid(QUARTER_MS),
            Self::Day => at - at.rem_euclid(DAY_MS),
            Self::Month => Timestamp::midnight_ms(year.into(), month.into(), 1),
            Self::Year => Timestamp::midnight_ms(year.into(), 1, 1),
        }
    }

    /// The first beginning of a bucket that is not before a moment.
    pub fn ceil(self, at: i64) -> i64 {
        let floor = self.floor(at);
        if floor == at {
            return at;
        }
        let (year, month, _) = Timestamp::from_millis(at).civil();
        let (year, month) = (i64::from(year), i64::from(month));
        match self {
            Self::Quarter => floor + QUARTER_MS,
            Self::Day => floor + DAY_MS,
            Self::Month if month == 12 => Timestamp::midnight_ms(year + 1, 1, 1),
            Self::Month => Timestamp::midnight_ms(year, month + 1, 1),
            Self::Year => Timestamp::midnight_ms(year + 1, 1, 1),
        }
    }
}

/// A time from its beginning on and before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end, which does not belong to it.
    pub to: Timestamp,
}

impl Period {
    /// All there is.
    pub const ALWAYS: Self = Self { from: Timestamp::MIN, to: Timestamp::MAX };

    /// The shortest period of whole buckets that covers this one.
    #[must_use]
    pub fn rounded(self, grain: Grain) -> Self {
        Self {
            from: Timestamp::from_millis(grain.floor(self.from.millis())),
            to: Timestamp::from_millis(grain.ceil(self.to.millis())),
        }
    }
}

/// Buckets of one grain, one after the other: those that begin at `from` or later and before `to`, in
/// milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run {
    /// How long the buckets are.
    pub grain: Grain,
    /// Where the first one begins.
    pub from: i64,
    /// Where the last one ends.
    pub to: i64,
}

/// The fewest buckets that a period is made of, as runs. What the period does not fill of a bucket of
/// the finest grain is filled up.
///
/// `grains` are those there are, the coarsest first.
pub fn runs(period: Period, grains: &[Grain]) -> Vec<Run> {
    let mut found = Vec::new();
    if let Some(finest) = grains.last() {
        let (from, to) = (period.from.millis(), period.to.millis());
        cover(finest.floor(from), finest.ceil(to), grains, &mut found);
    }
    found
}

fn cover(from: i64, to: i64, grains: &[Grain], found: &mut Vec<Run>) {
    let Some((coarsest, finer)) = grains.split_first().filter(|_| from < to) else {
        return;
    };
    let (first, last) = (coarsest.ceil(from), coarsest.floor(to));
    if first >= last {
        return cover(from, to, finer, found);
    }
    cover(from, first, finer, found);
    found.push(Run { grain: *coarsest, from: first, to: last });
    cover(last, to, finer, found);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Grain; 4] = [Grain::Year, Grain::Month, Grain::Day, Grain::Quarter];

    fn period(from: &str, to: &str) -> Period {
        Period { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    fn shown(period: Period) -> Vec<(Grain, String, String)> {
        let text = |at| Timestamp::from_millis(at).to_string();
        let run = |run: Run| (run.grain, text(run.from), text(run.to));
        runs(period, &ALL).into_iter().map(run).collect()
    }

    #[test]
    fn a_period_is_made_of_the_fewest_buckets() {
        let run = |grain, from: &str, to: &str| (grain, from.to_owned(), to.to_owned());
        assert_eq!(
            shown(period("2010-12-31T23:00:00Z", "2013-02-02T00:30:00Z")),
            [
                run(Grain::Quarter, "2010-12-31T23:00:00Z", "2011-01-01T00:00:00Z"),
                run(Grain::Year, "2011-01-01T00:00:00Z", "2013-01-01T00:00:00Z"),
                run(Grain::Month, "2013-01-01T00:00:00Z", "2013-02-01T00:00:00Z"),
                run(Grain::Day, "2013-02-01T00:00:00Z", "2013-02-02T00:00:00Z"),
                run(Grain::Quarter, "2013-02-02T00:00:00Z", "2013-02-02T00:30:00Z"),
            ]
        );
        assert_eq!(shown(period("2011-01-01T00:00:00Z", "2011-01-01T00:00:00Z")), []);
        assert_eq!(shown(period("2012-01-01T00:00:00Z", "2011-01-01T00:00:00Z")), []);
    }

    #[test]
    fn runs_follow_on_each_other_and_cover_the_whole() {
        for (from, to) in [
            ("2011-03-05T10:07:00Z", "2011-03-05T10:08:00Z"),
            ("1969-12-31T23:59:00Z", "1970-01-01T00:01:00Z"),
            ("2012-02-29T01:00:00Z", "2016-02-29T23:00:00Z"),
            ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"),
        ] {
            let period = period(from, to);
            let runs = runs(period, &ALL);
            assert!(runs.windows(2).all(|pair| pair[0].to == pair[1].from), "{runs:?}");
            assert_eq!(runs[0].from, Grain::Quarter.floor(period.from.millis()));
            assert_eq!(runs[runs.len() - 1].to, Grain::Quarter.ceil(period.to.millis()));
            for run in &runs {
                assert_eq!(run.grain.floor(run.from), run.from);
                assert_eq!(run.grain.ceil(run.to), run.to);
            }
        }
    }
}
