//! `order transitions`.

use clap::{Args, ValueEnum};
use order_core::{Status, TRANSITIONS};

use crate::{
    diagram,
    error::Done,
    output::{Output, Sheet, Side},
};

/// What `order transitions` takes.
#[derive(Debug, Args)]
pub(crate) struct TransitionsArgs {
    /// As a table, as a Mermaid diagram, or as JSON; --output json means JSON too.
    #[arg(long, value_enum, default_value = "table")]
    format: Shape,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shape {
    /// A table for people.
    Table,
    /// A Mermaid state diagram, without what leaves the status as it is.
    Mermaid,
    /// One JSON document.
    Json,
}

/// Prints which action leads from which status to which.
pub(crate) fn run(args: &TransitionsArgs, output: Output) -> Done {
    match args.format {
        Shape::Mermaid => output.data(diagram::mermaid(TRANSITIONS).trim_end()),
        Shape::Json => output.json(&TRANSITIONS),
        Shape::Table if output.is_json() => output.json(&TRANSITIONS),
        Shape::Table => table(output),
    }
}

fn table(output: Output) -> Done {
    let columns = [("from", Side::Left), ("action", Side::Left), ("to", Side::Left)];
    let mut sheet = Sheet::new(output, &columns);
    for row in TRANSITIONS.iter().filter(|row| row.from != Some(row.to)) {
        let from = row.from.map_or("(new)", Status::as_str);
        sheet.row([from, row.action.as_str(), row.to.as_str()]);
    }
    sheet.print(output)?;
    let mut stays = Sheet::new(output, &[("status", Side::Left), ("stays so by", Side::Left)]);
    for status in Status::ALL {
        let loops = TRANSITIONS.iter().filter(|row| row.from == Some(*status) && row.to == *status);
        let actions: Vec<_> = loops.map(|row| row.action.as_str()).collect();
        stays.row([status.as_str(), &actions.join(", ")]);
    }
    output.data(format_args!("\n{}", stays.text()))
}
