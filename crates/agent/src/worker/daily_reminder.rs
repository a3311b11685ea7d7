//! The notice that recording goes on: at each start, and once a day when somebody is first there.

use jiff::civil::Date;
use model::Coverage;

/// The reminder that uam records.
#[derive(Debug)]
pub(super) struct DailyReminder {
    text: String,
    /// The day on which it was given last.
    day: Date,
}

/// The text, in sentences. The words are the caller's: recorded besides windows and counts (`what`), where it is `kept` and
/// `sent`, and a sentence on who can read it.
pub(super) fn format_reminder(what: &str, kept: &str, sent: &str, readers: &str) -> String {
    format!(
        "uam is recording: windows, counts of keys and clicks, {what}. It is stored in {kept} and uploaded to {sent}. \
         {readers} `uam pause` pauses it, `uam stop` ends it."
    )
}

impl DailyReminder {
    /// Given on `day` for the first time.
    pub(super) fn new(text: String, day: Date) -> Self {
        Self { text, day }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// True once on each day, when somebody is there to see it.
    pub(super) fn take_due(&mut self, day: Date, state: Coverage) -> bool {
        let due = day != self.day && state == Coverage::Active;
        if due {
            self.day = day;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn once_a_day_when_somebody_is_there() {
        let mut daily = DailyReminder::new(String::new(), date(2026, 3, 2));
        assert!(!daily.take_due(date(2026, 3, 2), Coverage::Active));
        for state in [Coverage::Idle, Coverage::Asleep, Coverage::Paused] {
            assert!(
                !daily.take_due(date(2026, 3, 3), state),
                "nobody sees it: {state}"
            );
        }
        assert!(daily.take_due(date(2026, 3, 3), Coverage::Active));
        assert!(!daily.take_due(date(2026, 3, 3), Coverage::Active));
        assert!(daily.take_due(date(2026, 3, 9), Coverage::Active));
    }

    #[test]
    fn it_says_what_where_who_and_how_to_pause() {
        let text = format_reminder(
            "no screenshots",
            "/home/ada/uam",
            "s3://team/uam",
            "You can read it.",
        );
        assert_eq!(
            text,
            "uam is recording: windows, counts of keys and clicks, no screenshots. It is stored in /home/ada/uam and \
             uploaded to s3://team/uam. You can read it. `uam pause` pauses it, `uam stop` ends it."
        );
    }
}
