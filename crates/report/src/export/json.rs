//! Reports as JSON.

/// A report as the JSON that `--json` prints: indented, one trailing newline.
///
/// # Errors
/// Never for the types of this crate; the signature is serde's.
pub fn to_json<T: serde::Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let mut out = serde_json::to_string_pretty(value)?;
    out.push('\n');
    Ok(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{AgentStatus, DayReport, DaysReport};
    use serde::de::DeserializeOwned;

    /// Reads what the program wrote before, and writes it again.
    fn assert_unchanged<T: serde::Serialize + DeserializeOwned>(sample: &str) {
        let read: T = serde_json::from_str(sample).unwrap();
        assert_eq!(to_json(&read).unwrap(), sample);
    }

    #[test]
    fn reports_keep_their_json() {
        assert_unchanged::<DayReport>(include_str!("../../tests/wire/day.json"));
        assert_unchanged::<DaysReport>(include_str!("../../tests/wire/days.json"));
        assert_unchanged::<AgentStatus>(include_str!("../../tests/wire/status.json"));
    }
}
