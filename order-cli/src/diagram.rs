//! The transition table as a picture.

use std::fmt::Write as _;

use order_core::{Status, Transition};

/// A Mermaid state diagram of the moves that change the status. What leaves it as it is has no arrow:
/// there would be more loops than moves.
pub(crate) fn mermaid(rows: &[Transition]) -> String {
    let mut text = "stateDiagram-v2\n    direction LR\n".to_owned();
    let moves = rows.iter().filter(|row| row.from != Some(row.to));
    let mut arrows: Vec<(Option<Status>, Status, Vec<&'static str>)> = Vec::new();
    for row in moves {
        let same = arrows.iter_mut().find(|(from, to, _)| *from == row.from && *to == row.to);
        match same {
            Some((_, _, actions)) => actions.push(row.action.as_str()),
            None => arrows.push((row.from, row.to, vec![row.action.as_str()])),
        }
    }
    for (from, to, actions) in arrows {
        let from = from.map_or("[*]", Status::as_str);
        let _ = writeln!(text, "    {from} --> {to}: {}", actions.join(" / "));
    }
    for status in Status::ALL.iter().filter(|status| is_final(rows, **status)) {
        let _ = writeln!(text, "    {status} --> [*]");
    }
    text
}

/// Whether no move leads out of a status.
fn is_final(rows: &[Transition], status: Status) -> bool {
    !rows.iter().any(|row| row.from == Some(status) && row.to != status)
}

#[cfg(test)]
mod tests {
    use order_core::TRANSITIONS;

    use super::mermaid;

    #[test]
    fn every_move_of_the_table_is_in_the_diagram_and_no_loop_is() {
        let text = mermaid(TRANSITIONS);
        for row in TRANSITIONS {
            let from = row.from.map_or("[*]", order_core::Status::as_str);
            let arrow = format!("    {from} --> {}: ", row.to);
            let line = text.lines().find(|line| line.starts_with(&arrow));
            if row.from == Some(row.to) {
                assert_eq!(line, None);
            } else {
                assert!(line.unwrap().contains(row.action.as_str()), "{row:?}");
            }
        }
    }
}
