//! One way to print a figure beside its yardstick.

use std::time::Duration;

/// What a ratio should be.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// At least so much.
    AtLeast(f64),
    /// At most so much.
    AtMost(f64),
    /// Known, but without a goal.
    None,
}

/// A figure of ours beside its yardstick.
#[derive(Debug)]
pub struct Figure<'a> {
    /// What was done.
    pub work: &'a str,
    /// Ours.
    pub ours: f64,
    /// What it is compared with.
    pub yardstick: &'a str,
    /// The yardstick's figure.
    pub theirs: f64,
    /// The unit of both.
    pub unit: &'a str,
    /// What ours / theirs should be.
    pub goal: Goal,
}

/// What others may take of the machine without a word.
const BUSY_MAX: f64 = 0.05;

/// Prints what is measured and on what, and warns if the machine has something else to do.
pub fn title(text: &str) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("\n{text} ({cores} cores, {})", std::env::consts::ARCH);
    let before = busy_and_all();
    std::thread::sleep(Duration::from_secs(1));
    let busy = before.zip(busy_and_all()).map(|(then, now)| (now.0 - then.0) / (now.1 - then.1));
    if let Some(busy) = busy.filter(|busy| *busy > BUSY_MAX) {
        let percent = busy * 100.0;
        println!("  WARNING: {percent:.0} % of the processors are busy with something else");
    }
}

/// For how long the processors were busy, and for how long they were there; nothing but on Linux.
fn busy_and_all() -> Option<(f64, f64)> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let times = stat.lines().next()?.strip_prefix("cpu")?.split_whitespace();
    let times: Vec<f64> = times.take(8).filter_map(|time| time.parse().ok()).collect();
    let all = times.iter().sum::<f64>();
    let idle = times.get(3..5)?.iter().sum::<f64>();
    Some((all - idle, all))
}

/// Prints a figure, and says whether its goal is met.
pub fn print(figure: &Figure<'_>) {
    let Figure { work, ours, yardstick, theirs, unit, goal } = figure;
    let ratio = ours / theirs;
    let verdict = match goal {
        Goal::AtLeast(goal) if ratio >= *goal => format!("goal at least {goal}: met"),
        Goal::AtLeast(goal) => format!("goal at least {goal}: MISSED"),
        Goal::AtMost(goal) if ratio <= *goal => format!("goal at most {goal}: met"),
        Goal::AtMost(goal) => format!("goal at most {goal}: MISSED"),
        Goal::None => "no goal".to_owned(),
    };
    println!("  {work}: {ours:.1} {unit}");
    println!("    {yardstick}: {theirs:.1} {unit}");
    println!("    ratio {ratio:.2} ({verdict})");
}

/// Prints a figure that has a limit and no yardstick, and says whether it keeps it.
pub fn print_limit(work: &str, ours: f64, limit: f64, unit: &str) {
    let verdict = if ours <= limit { "met" } else { "MISSED" };
    println!("  {work}: {ours:.1} {unit} (goal at most {limit}: {verdict})");
}
