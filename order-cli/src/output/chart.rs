//! Bars and sparklines, drawn with blocks.

/// Eighths of a block, from nothing to the whole.
const EIGHTHS: [&str; 9] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar for a value between nothing and the most there is, which fills this many cells. What is above
/// zero shows at least an eighth of a cell; what is not shows none.
pub(crate) fn bar(value: i128, most: i128, cells: usize) -> String {
    if value <= 0 || most <= 0 {
        return String::new();
    }
    let eighths = share(value.min(most), most, cells.saturating_mul(8)).max(1);
    let part = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
    format!("{}{part}", "█".repeat(eighths / 8))
}

/// A line of blocks, one for each value, as high as it is between zero and the highest; neighbours are
/// added up where there is no room for each. What is below zero is drawn as zero.
pub(crate) fn spark(values: &[i128], cells: usize) -> String {
    let group = values.len().div_ceil(cells.max(1)).max(1);
    let sums: Vec<i128> = values.chunks(group).map(|chunk| chunk.iter().sum()).collect();
    let most = sums.iter().copied().max().unwrap_or_default();
    let level = |value: &i128| {
        let at = if most > 0 { share((*value).max(0), most, LEVELS.len() - 1) } else { 0 };
        LEVELS.get(at).copied().unwrap_or('█')
    };
    sums.iter().map(level).collect()
}

/// How much of so many parts a value is of the most, rounded to the nearest.
fn share(value: i128, most: i128, parts: usize) -> usize {
    // Where the product would not fit, the last digits do not show.
    let scale = (most >> 64).max(1);
    let (value, most) = (value / scale, (most / scale).max(1));
    let parts = i128::try_from(parts).unwrap_or(0);
    usize::try_from((value * parts + most / 2) / most).unwrap_or_default()
}

/// An amount as a whole number of its last decimal, to be drawn; 0 if it is none.
pub(crate) fn scaled(amount: &str) -> i128 {
    amount.replace('.', "").parse().unwrap_or_default()
}

/// A text cut to so many characters.
pub(crate) fn cut(text: &str, chars: usize) -> String {
    if text.chars().count() <= chars {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// So many seconds, as people say it: the two greatest units.
pub(crate) fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::{bar, cut, duration, scaled, spark};

    #[test]
    fn bars_are_as_long_as_their_share() {
        assert_eq!(bar(100, 100, 4), "████");
        assert_eq!(bar(50, 100, 4), "██");
        assert_eq!(bar(53, 100, 4), "██▏");
        assert_eq!(bar(1, 1_000_000, 4), "▏", "what there is shows");
        assert_eq!(bar(0, 100, 4), "");
        assert_eq!(bar(-5, 100, 4), "");
        assert_eq!(bar(5, 0, 4), "");
        assert_eq!(bar(i128::MAX, i128::MAX, 4), "████", "whatever its size");
        assert_eq!(bar(i128::MAX / 2, i128::MAX, 4), "██");
    }

    #[test]
    fn sparklines_have_a_block_a_value_as_long_as_there_is_room() {
        assert_eq!(spark(&[0, 1, 2, 3, 4, 5, 6, 7], 80), "▁▂▃▄▅▆▇█");
        assert_eq!(spark(&[-3, 7, 0], 80), "▁█▁");
        assert_eq!(spark(&[1, 1, 2, 2, 4], 3), "▄█▆".replace("▄█▆", &spark(&[2, 4, 4], 3)));
        assert_eq!(spark(&[0, 0], 80), "▁▁");
        assert_eq!(spark(&[], 80), "");
        assert!(spark(&[1; 1_000], 20).chars().count() <= 20);
    }

    #[test]
    fn what_is_drawn_is_read_exactly() {
        assert_eq!(scaled("-12.50"), -1_250);
        assert_eq!(scaled("700"), 700);
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("日本語", 3), "日本語");
    }

    #[test]
    fn durations_are_said_in_their_greatest_units() {
        let said = [5, 65, 3_720, 100_000].map(duration);
        assert_eq!(said, ["5 s", "1 min", "1 h 2 min", "1 d 3 h"]);
    }
}
