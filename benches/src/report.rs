//! One way to print a figure beside its yardstick.

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

/// Prints what is measured and on what.
pub fn title(text: &str) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("\n{text} ({cores} cores, {})", std::env::consts::ARCH);
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
