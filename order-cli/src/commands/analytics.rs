//! `order stats summary|revenue|products|customers|countries|funnel|recount`: figures that are kept as
//! orders change.

use clap::{Args, Subcommand, ValueEnum};
use order_http::{
    body::{
        AsOfBody, FunnelBody, PeriodBody, RankedBody, RankingBody, RevenueBody, SpreadBody,
        SummaryBody,
    },
    request::EmptyRequest,
};

use super::progress::Watch;
use crate::{
    client::{Call, Reply},
    error::Done,
    output::{Sheet, Side, bar, counted, cut, duration, scaled, spark},
    session::Session,
};

/// The longest key that is shown to people, in characters.
const KEY_CHARS: usize = 32;
/// The longest bar, in cells.
const BAR_MAX: usize = 40;
/// The shortest bar that is worth drawing.
const BAR_MIN: usize = 6;
/// How often it is asked again although nothing was counted meanwhile: somebody else may be counting.
const PATIENCE: u32 = 50;

/// Which figures.
#[derive(Debug, Subcommand)]
pub(crate) enum Figures {
    /// The sums of a period.
    Summary(PeriodArgs),
    /// The sums by hour, day, week or month, in a zone, with a chart.
    Revenue(RevenueArgs),
    /// The products that sell best.
    Products(RankingArgs),
    /// The customers who buy most.
    Customers(RankingArgs),
    /// The countries that are sold to most.
    Countries(RankingArgs),
    /// What became of the orders of a period, and how long it took.
    Funnel(DaysArgs),
    /// Forget all figures, and count them anew.
    Recount,
}

/// How the figures are printed.
#[derive(Debug, Args)]
struct Shape {
    /// Print one JSON document, as with --output json.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values.
    #[arg(long)]
    csv: bool,
    /// Figures in this currency alone.
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PeriodArgs {
    /// From this time on: a month or a day of the zone, or an RFC 3339 time.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// The zone of days and months: a name such as Europe/Berlin, or an offset such as +05:30.
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    zone: Option<String>,
    #[command(flatten)]
    shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct RevenueArgs {
    /// How long the periods are.
    #[arg(long, short, value_enum, default_value = "day")]
    interval: Interval,
    #[command(flatten)]
    period: PeriodArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Interval {
    Hour,
    Day,
    Week,
    Month,
}

#[derive(Debug, Args)]
pub(crate) struct DaysArgs {
    /// From this day of UTC on: a month, a day, or an RFC 3339 time on it.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this day.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    #[command(flatten)]
    shape: Shape,
}

#[derive(Debug, Args)]
pub(crate) struct RankingArgs {
    /// How many, in each currency.
    #[arg(long, short = 'n', default_value = "20", value_name = "N")]
    limit: u32,
    /// What comes first.
    #[arg(long, value_enum, default_value = "sales")]
    sort: Sort,
    #[command(flatten)]
    days: DaysArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Sort {
    Sales,
    Units,
    Orders,
}

/// The name of a value, as it is typed.
fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// A month as its first day; anything else as it is.
fn day(text: Option<&str>) -> Option<String> {
    text.map(|text| if text.len() == 7 { format!("{text}-01") } else { text.to_owned() })
}

/// Prints figures, after all events are counted.
pub(crate) async fn run(figures: &Figures, session: &Session) -> Done {
    if matches!(figures, Figures::Recount) {
        let call = session.client.post(&["admin", "analytics", "recount"]).json(&EmptyRequest {});
        call.send().await?;
        let as_of = catch_up(session).await?;
        if session.output.is_json() {
            return session.output.json(&as_of);
        }
        return session.output.data(format_args!("{} counted", counted(as_of.position, "event")));
    }
    catch_up(session).await?;
    match figures {
        Figures::Summary(args) => summary(args, session).await,
        Figures::Revenue(args) => revenue(args, session).await,
        Figures::Products(args) => ranking("products", args, session).await,
        Figures::Customers(args) => ranking("customers", args, session).await,
        Figures::Countries(args) => ranking("countries", args, session).await,
        Figures::Funnel(args) => funnel(args, session).await,
        Figures::Recount => Ok(()),
    }
}

/// Asks until all events are counted: each question has some counted.
async fn catch_up(session: &Session) -> Done<AsOfBody> {
    let mut watch: Option<(u64, Watch)> = None;
    let mut patience = PATIENCE;
    let mut last = 0;
    loop {
        // The shortest period there is.
        let call = session
            .client
            .get(&["analytics", "summary"])
            .query("from", Some("9999-12-31T00:00:00Z"));
        let AsOfBody { position, behind } = call.send().await?.read::<SummaryBody>()?.as_of;
        patience = if position > last { PATIENCE } else { patience.saturating_sub(1) };
        if behind == 0 || patience == 0 {
            if let Some((_, watch)) = watch {
                watch.finish();
            }
            if behind > 0 {
                let left = counted(behind, "event");
                session.output.say(format_args!("{left} not counted yet"));
            }
            return Ok(AsOfBody { position, behind });
        }
        let (begun, watch) = watch.get_or_insert_with(|| {
            (position, Watch::new(session.output, behind, "events counted"))
        });
        watch.reached(position.saturating_sub(*begun));
        last = position;
    }
}

/// Asks, and prints what programs read as it came.
async fn answer(call: Call<'_>, shape: &Shape, session: &Session) -> Done<Option<Reply>> {
    let call = call.query("currency", shape.currency.as_deref());
    let reply = call.query("format", shape.csv.then_some("csv")).send().await?;
    if shape.csv {
        session.output.data(reply.text()?.trim_end())?;
        return Ok(None);
    }
    if shape.json || session.output.is_json() {
        session.output.data(reply.raw()?)?;
        return Ok(None);
    }
    Ok(Some(reply))
}

fn timed<'a>(call: Call<'a>, args: &PeriodArgs) -> Call<'a> {
    let call = call.query("from", day(args.from.as_deref())).query("to", day(args.to.as_deref()));
    call.query("zone", args.zone.as_deref())
}

async fn summary(args: &PeriodArgs, session: &Session) -> Done {
    let call = timed(session.client.get(&["analytics", "summary"]), args);
    let Some(reply) = answer(call, &args.shape, session).await? else {
        return Ok(());
    };
    let SummaryBody { totals, .. } = reply.read()?;
    if totals.is_empty() {
        session.output.say("no orders");
        return Ok(());
    }
    let numbers = ["orders", "gross", "cancelled", "refunds", "credits", "net", "average"];
    let columns = std::iter::once(("", Side::Left)).chain(numbers.map(|it| (it, Side::Right)));
    let mut sheet = Sheet::new(session.output, &columns.collect::<Vec<_>>());
    for total in totals {
        let figures = total.figures;
        sheet.row([
            total.currency.code(),
            &figures.orders.to_string(),
            &figures.gross,
            &figures.cancelled,
            &figures.refunds,
            &figures.credits,
            &figures.net,
            figures.average_order.as_deref().unwrap_or("-"),
        ]);
    }
    sheet.print(session.output)
}

async fn revenue(args: &RevenueArgs, session: &Session) -> Done {
    let call = session.client.get(&["analytics", "revenue"]);
    let call = timed(call.query("interval", Some(word(&args.interval))), &args.period);
    let Some(reply) = answer(call, &args.period.shape, session).await? else {
        return Ok(());
    };
    let RevenueBody { periods, interval, zone, .. } = reply.read()?;
    let mut currencies: Vec<_> = periods.iter().map(|row| row.currency).collect();
    currencies.sort_unstable();
    currencies.dedup();
    if currencies.is_empty() {
        session.output.say("no orders in this time; --from and --to name another");
        return Ok(());
    }
    for (at, currency) in currencies.iter().enumerate() {
        if at > 0 {
            session.output.data("")?;
        }
        let rows: Vec<_> = periods.iter().filter(|row| row.currency == *currency).collect();
        let title = format!("{currency} by {interval}, {zone}");
        let nets: Vec<_> = rows.iter().map(|row| scaled(&row.figures.net)).collect();
        match session.output.width() {
            Some(width) => {
                let room = width.saturating_sub(title.len() + 2);
                session.output.data(format_args!("{title}  {}", spark(&nets, room)))?;
            }
            None => session.output.data(title)?,
        }
        periods_table(&interval, &rows, session)?;
    }
    Ok(())
}

fn periods_table(interval: &str, rows: &[&PeriodBody], session: &Session) -> Done {
    let numbers = ["orders", "gross", "cancelled", "refunds", "credits", "net"];
    let columns =
        std::iter::once((interval, Side::Left)).chain(numbers.map(|it| (it, Side::Right)));
    let cells = |row: &&PeriodBody| {
        let figures = &row.figures;
        let cells = vec![
            row.label.clone(),
            figures.orders.to_string(),
            figures.gross.clone(),
            figures.cancelled.clone(),
            figures.refunds.clone(),
            figures.credits.clone(),
            figures.net.clone(),
        ];
        (cells, scaled(&figures.net))
    };
    let rows = rows.iter().map(cells).collect();
    charted(columns.collect(), rows, session)
}

async fn ranking(of: &str, args: &RankingArgs, session: &Session) -> Done {
    let call = session.client.get(&["analytics", of]);
    let call = call.query("limit", Some(args.limit)).query("sort", Some(word(&args.sort)));
    let DaysArgs { from, to, shape } = &args.days;
    let call = call.query("from", day(from.as_deref())).query("to", day(to.as_deref()));
    let Some(reply) = answer(call, shape, session).await? else {
        return Ok(());
    };
    let RankingBody { rows, .. } = reply.read()?;
    if rows.is_empty() {
        session.output.say("no orders");
        return Ok(());
    }
    for (at, rows) in rows.chunk_by(|one, other| one.currency == other.currency).enumerate() {
        if at > 0 {
            session.output.data("")?;
        }
        ranking_table(of, args.sort, rows, session)?;
    }
    Ok(())
}

fn ranking_table(of: &str, sort: Sort, rows: &[RankedBody], session: &Session) -> Done {
    // What went back is not known by product.
    let numbers: &[&str] = match of {
        "products" => &["orders", "units", "sales", ""],
        _ => &["orders", "sales", "refunds", "credits", "net", ""],
    };
    let side = |name: &&'static str| {
        let side = if name.is_empty() { Side::Left } else { Side::Right };
        (*name, side)
    };
    let columns = std::iter::once((of, Side::Left)).chain(numbers.iter().map(side));
    let cells = |row: &RankedBody| {
        let figures = &row.figures;
        let key = if row.key.is_empty() { "(unknown)" } else { &row.key };
        let mut cells = vec![cut(key, KEY_CHARS), figures.orders.to_string()];
        if of == "products" {
            cells.extend([figures.units.to_string(), figures.sales.clone()]);
        } else {
            let amounts = [&figures.sales, &figures.refunds, &figures.credits, &figures.net];
            cells.extend(amounts.map(String::clone));
        }
        cells.push(row.currency.to_string());
        let drawn = match sort {
            Sort::Sales => scaled(&figures.sales),
            Sort::Units => figures.units.into(),
            Sort::Orders => figures.orders.into(),
        };
        (cells, drawn)
    };
    charted(columns.collect(), rows.iter().map(cells).collect(), session)
}

async fn funnel(args: &DaysArgs, session: &Session) -> Done {
    let call = session.client.get(&["analytics", "funnel"]);
    let call = call.query("from", day(args.from.as_deref())).query("to", day(args.to.as_deref()));
    let Some(reply) = answer(call, &args.shape, session).await? else {
        return Ok(());
    };
    let funnel: FunnelBody = reply.read()?;
    let rows = funnel
        .statuses
        .iter()
        .map(|row| (vec![row.status.to_string(), row.orders.to_string()], i128::from(row.orders)));
    charted(vec![("status", Side::Left), ("orders", Side::Right)], rows.collect(), session)?;
    session.output.data("")?;
    let columns = ["from placement", "orders", "mean", "half", "90 %", "95 %", "99 %"];
    let side = |(at, name)| (name, if at == 0 { Side::Left } else { Side::Right });
    let columns: Vec<_> = columns.into_iter().enumerate().map(side).collect();
    let mut sheet = Sheet::new(session.output, &columns);
    for (name, spread) in [("to shipment", funnel.to_shipped), ("to delivery", funnel.to_delivered)]
    {
        let SpreadBody { orders, mean_seconds, p50_seconds, p90_seconds, p95_seconds, p99_seconds } =
            spread;
        let said = [mean_seconds, p50_seconds, p90_seconds, p95_seconds, p99_seconds];
        let said = said.map(|seconds| seconds.map_or_else(|| "-".to_owned(), duration));
        sheet.row([name.to_owned(), orders.to_string()].into_iter().chain(said));
    }
    sheet.print(session.output)
}

/// Prints a table, on a terminal with a bar in each row that fills what room is left.
fn charted(columns: Vec<(&str, Side)>, rows: Vec<(Vec<String>, i128)>, session: &Session) -> Done {
    let mut plain = Sheet::new(session.output, &columns);
    for (cells, _) in &rows {
        plain.row(cells);
    }
    let taken: usize = plain.widths().iter().map(|width| usize::from(*width) + 2).sum();
    let room = session.output.width().unwrap_or_default().saturating_sub(taken + 1).min(BAR_MAX);
    if room < BAR_MIN {
        return plain.print(session.output);
    }
    let most = rows.iter().map(|(_, value)| *value).max().unwrap_or_default();
    let columns: Vec<_> = columns.into_iter().chain([("", Side::Left)]).collect();
    let mut sheet = Sheet::new(session.output, &columns);
    for (cells, value) in rows {
        sheet.row(cells.into_iter().chain([bar(value, most, room)]));
    }
    sheet.print(session.output)
}
