//! Moments, as they are typed.

use order_core::Timestamp;

/// A moment: an RFC 3339 time, or a date or month for its first moment in UTC.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    let full = match text.len() {
        7 => format!("{text}-01T00:00:00Z"),
        10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    full.parse().map_err(|_| "write 2025-01, 2025-01-29 or 2025-01-29T13:45:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn a_month_and_a_date_mean_their_first_moment() {
        assert_eq!(moment("2011-04").unwrap(), moment("2011-04-01T00:00:00Z").unwrap());
        assert_eq!(moment("2011-04-02").unwrap(), moment("2011-04-02T01:00:00+01:00").unwrap());
        assert!(moment("2011-13").is_err());
        assert!(moment("yesterday").is_err());
    }
}
