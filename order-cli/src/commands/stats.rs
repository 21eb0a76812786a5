//! `order stats`.

use std::{collections::BTreeMap, fmt};

use clap::{Args, ValueEnum};
use order_core::Timestamp;
use order_http::body::{StatsBody, StatsRowBody};

use super::{
    analytics::{self, Figures},
    times::moment,
};
use crate::{
    error::{Done, Failure},
    output::{Sheet, Side},
    session::Session,
};

/// What `order stats` takes.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Without a command: sums over all orders and books, made by looking at each of them. The commands read
figures that are kept as orders change.

Net is sales less refunds and credits. Refused is what imports did not take; net and refused together
are all, which is what the other system had."
)]
pub(crate) struct StatsArgs {
    #[command(subcommand)]
    figures: Option<Figures>,
    /// What the sums are grouped by.
    #[arg(long, value_enum, default_value = "month")]
    by: By,
    /// From this time on: a month, a date or an RFC 3339 time.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
    /// Before this time.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Month,
    Country,
    Status,
}

/// Prints sums, and below them the totals of each currency.
pub(crate) async fn run(args: &StatsArgs, session: &Session) -> Done {
    if let Some(figures) = &args.figures {
        return analytics::run(figures, session).await;
    }
    let by = match args.by {
        By::Month => "month",
        By::Country => "country",
        By::Status => "status",
    };
    let call = session.client.get(&["stats"]).query("by", Some(by));
    let reply = call.query("from", args.from).query("to", args.to).send().await?;
    if session.output.is_json() {
        return session.output.data(reply.raw()?);
    }
    let stats: StatsBody = reply.read()?;
    if stats.rows.is_empty() {
        session.output.say("no orders");
        return Ok(());
    }
    table(by, &stats.rows, session)
}

fn table(by: &str, rows: &[StatsRowBody], session: &Session) -> Done {
    let numbers = ["orders", "sales", "refunds", "credits", "net", "refused", "all"];
    let columns: Vec<_> = std::iter::once((by, Side::Left))
        .chain(numbers.map(|name| (name, Side::Right)))
        .chain([("", Side::Left)])
        .collect();
    let mut sheet = Sheet::new(session.output, &columns);
    let mut totals: BTreeMap<&str, (u64, [Sum; 6])> = BTreeMap::new();
    for row in rows {
        let key = if row.key.is_empty() { "(unknown)" } else { &row.key };
        sheet.row(cells(key, row.orders, &sums_of(row), row.currency.code()));
        let total = totals.entry(row.currency.code()).or_default();
        total.0 += row.orders;
        for (sum, text) in total.1.iter_mut().zip(sums_of(row)) {
            sum.add(text).ok_or_else(|| Failure::Unavailable(format!("{text} is no amount")))?;
        }
    }
    for (currency, (orders, sums)) in &totals {
        sheet.row(cells("TOTAL", *orders, sums, currency));
    }
    sheet.print(session.output)
}

fn sums_of(row: &StatsRowBody) -> [&str; 6] {
    let StatsRowBody { sales, refunds, credits, net, refused, all, .. } = row;
    [sales.as_str(), refunds.as_str(), credits.as_str(), net.as_str(), refused, all]
}

fn cells<T: ToString>(key: &str, orders: u64, sums: &[T; 6], currency: &str) -> Vec<String> {
    let mut row = vec![key.to_owned(), orders.to_string()];
    row.extend(sums.iter().map(ToString::to_string));
    row.push(currency.to_owned());
    row
}

/// An exact sum of decimal texts, shown with as many decimals as the longest of them has.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    /// In units of ten to the power of minus [`DECIMALS_MAX`].
    scaled: i128,
    decimals: usize,
}

/// The most decimals an amount can have here.
const DECIMALS_MAX: usize = 12;

impl Sum {
    fn add(&mut self, text: &str) -> Option<()> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if fraction.len() > DECIMALS_MAX {
            return None;
        }
        let digits = format!("{whole}{fraction:0<DECIMALS_MAX$}");
        self.scaled = self.scaled.checked_add(digits.parse().ok()?)?;
        self.decimals = self.decimals.max(fraction.len());
        Some(())
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.scaled < 0 { "-" } else { "" };
        let digits = format!("{:0>1$}", self.scaled.unsigned_abs(), DECIMALS_MAX + 1);
        let (whole, fraction) = digits.split_at(digits.len() - DECIMALS_MAX);
        match self.decimals {
            0 => write!(f, "{sign}{whole}"),
            decimals => write!(f, "{sign}{whole}.{}", &fraction[..decimals]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sum;

    fn sum(texts: &[&str]) -> String {
        let mut sum = Sum::default();
        for text in texts {
            sum.add(text).unwrap();
        }
        sum.to_string()
    }

    #[test]
    fn sums_are_exact_and_keep_the_longest_fraction() {
        assert_eq!(sum(&["0.1", "0.20", "-1.001"]), "-0.701");
        assert_eq!(sum(&["-0.05", "0.05"]), "0.00");
        assert_eq!(sum(&["9000000000000000000", "1"]), "9000000000000000001");
        assert!(Sum::default().add("1.x").is_none());
    }
}
