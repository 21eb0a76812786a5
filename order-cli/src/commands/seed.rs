//! `order seed`: makes up a shop to try things out on.

mod orders;
mod people;
mod random;
mod tally;
mod wares;

use std::time::Instant;

use clap::{Args, value_parser};
use futures::{StreamExt, TryStreamExt, stream};
use order_core::{
    Currency, ImportRecord, MoneyError, Policy, TextError, Timestamp,
    ports::{Clock, SystemClock},
};

use self::{
    orders::{Made, Plan},
    tally::Tally,
    wares::Ware,
};
use super::{progress::Watch, records::Taker, times::moment};
use crate::{
    error::{Done, Failure},
    session::{Page, Session},
};

const ORDERS_MAX: i64 = 100_000_000;
const CUSTOMERS_MAX: i64 = 10_000_000;
const PRODUCTS_MAX: i64 = 10_000;
/// How many products are on their way at once.
const PRODUCTS_IN_FLIGHT: usize = 64;
const DAY_MS: i64 = 86_400_000;

const ABOUT: &str = "\
Makes up products, customers and orders, to try things out: most orders completed, the latest still
under way, some cancelled, some sent back. E-mail addresses end in example.com, which nobody has.

The same seed, counts, times and currency make the same orders, so a run that was interrupted is
simply run again (with --yes). Products are the same for every seed; what is there already stays.";

/// What `order seed` takes.
#[derive(Debug, Args)]
#[command(long_about = ABOUT)]
pub(crate) struct SeedArgs {
    /// How many orders.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=ORDERS_MAX))]
    orders: u32,
    /// How many customers they are of; a quarter as many as orders if not given.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=CUSTOMERS_MAX))]
    customers: Option<u32>,
    /// How many products there are.
    #[arg(long, value_name = "N", default_value = "200")]
    #[arg(value_parser = value_parser!(u32).range(1..=PRODUCTS_MAX))]
    products: u32,
    /// What all chance comes from.
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// When the first order was placed: a month, a date or an RFC 3339 time; a year before the last
    /// if not given.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    from: Option<Timestamp>,
    /// Before when the last one was; the beginning of today (UTC) if not given.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to: Option<Timestamp>,
    /// The currency of all prices.
    #[arg(long, value_name = "CODE", env = "ORDER_CURRENCY", hide_env_values = true)]
    currency: Option<Currency>,
    /// Also where there are orders already.
    #[arg(long)]
    yes: bool,
}

impl SeedArgs {
    fn plan(&self, now: Timestamp) -> Done<Plan> {
        let to = self.to.unwrap_or_else(|| now.plus_millis(-now.millis().rem_euclid(DAY_MS)));
        let from = self.from.unwrap_or_else(|| to.plus_millis(-365 * DAY_MS));
        if from >= to {
            return Err(Failure::Usage(format!("--from {from} is not before --to {to}")));
        }
        let currency = self.currency.unwrap_or(Policy::default().currency);
        let most = u32::try_from(CUSTOMERS_MAX).unwrap_or(u32::MAX);
        Ok(Plan {
            seed: self.seed,
            orders: self.orders,
            customers: self.customers.unwrap_or((self.orders / 4).clamp(1, most)),
            wares: (0..self.products)
                .map(|index| Ware::of(index, currency))
                .collect::<Done<_>>()?,
            from,
            to,
            currency,
        })
    }
}

/// Makes up a shop.
pub(crate) async fn run(args: SeedArgs, session: &Session) -> Done {
    let plan = args.plan(SystemClock.now())?;
    if !args.yes {
        check_empty(session).await?;
    }
    put_wares(&plan.wares, session).await?;
    let begun = Instant::now();
    let mut tally = Tally::new(&plan);
    let mut watch = Watch::new(session.output, plan.orders.into(), "orders");
    let taken = take_orders(&plan, session, &mut tally, &mut watch).await;
    watch.finish();
    tally.print(session.output, begun.elapsed().as_secs_f64())?;
    taken
}

/// Made-up orders among real ones are hard to get out again.
async fn check_empty(session: &Session) -> Done {
    let page: Page =
        session.client.get(&["orders"]).query("limit", Some(1)).send().await?.read()?;
    if page.entries.is_empty() {
        return Ok(());
    }
    let detail = "there are orders already; --yes adds made-up ones to them";
    Err(Failure::refused("seed.not_empty", detail))
}

async fn put_wares(wares: &[Ware], session: &Session) -> Done {
    let put = |ware| async move {
        match session.client.post(&["products"]).json(ware).send().await {
            Err(Failure::Refused(problem)) if problem.code == "product.conflict" => Ok(()),
            done => done.map(|_| ()),
        }
    };
    let puts = stream::iter(wares).map(put).buffer_unordered(PRODUCTS_IN_FLIGHT);
    puts.try_collect().await
}

async fn take_orders(plan: &Plan, session: &Session, tally: &mut Tally, watch: &mut Watch) -> Done {
    let taker = &Taker::new(&session.client);
    let take = |made: Vec<Done<Made>>| async move {
        let made = made.into_iter().collect::<Done<Vec<_>>>()?;
        let outcomes = taker.take(records(&made)).await?;
        Ok::<_, Failure>((made, outcomes))
    };
    let made = stream::iter(0..plan.orders).map(|index| plan.order(index));
    let batches = made.chunks(taker.batch_max()).map(take).buffer_unordered(taker.in_flight());
    let mut batches = std::pin::pin!(batches);
    while let Some(batch) = batches.next().await {
        let (made, outcomes) = batch?;
        tally.count(&made, &outcomes);
        watch.reached(tally.orders());
    }
    taker.note().await
}

/// The sales, then what came back of them.
fn records(made: &[Made]) -> Vec<ImportRecord> {
    let sales = made.iter().map(|it| ImportRecord::Sale(Box::new(it.sale.clone())));
    let backs = made.iter().filter_map(|it| it.back.clone()).map(ImportRecord::Return);
    sales.chain(backs).collect()
}

impl From<TextError> for Failure {
    fn from(error: TextError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl From<MoneyError> for Failure {
    fn from(error: MoneyError) -> Self {
        Self::Usage(error.to_string())
    }
}
