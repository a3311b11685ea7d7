//! The last lines of the log, for viewers that are attached later.

use report::LogLine;
use std::collections::VecDeque;

/// Lines remembered; when there are more the oldest goes (the journal has everything).
const MOST: usize = 300;

/// The last lines, numbered from 1 on, and the newest screenshot.
#[derive(Debug, Default)]
pub(in crate::worker) struct RecentLines {
    lines: VecDeque<LogLine>,
    last: u64,
    newest: Option<u64>,
    redactions: u64,
}

impl RecentLines {
    pub(in crate::worker) fn add_line(&mut self, line: LogLine) {
        if self.lines.len() >= MOST {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        self.last += 1;
    }

    pub(in crate::worker) fn set_newest_screenshot(&mut self, seq: u64) {
        self.newest = Some(seq);
    }

    /// After a redaction: everything shown is forgotten.
    pub(in crate::worker) fn forget_all(&mut self) {
        self.lines.clear();
        self.newest = None;
        self.redactions += 1;
    }

    /// The lines after number `seen` that are still remembered.
    pub(in crate::worker) fn lines_after(&self, seen: u64) -> Vec<LogLine> {
        let new = usize::try_from(self.last.saturating_sub(seen)).unwrap_or(usize::MAX);
        let skip = self.lines.len().saturating_sub(new);
        self.lines.iter().skip(skip).cloned().collect()
    }

    /// The number of the last line.
    pub(in crate::worker) fn last_number(&self) -> u64 {
        self.last
    }

    /// The newest screenshot since the last redaction.
    pub(in crate::worker) fn newest_screenshot(&self) -> Option<u64> {
        self.newest
    }

    /// Number of redactions.
    pub(in crate::worker) fn redaction_count(&self) -> u64 {
        self.redactions
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;
    use report::LogSubject;

    fn line(n: usize) -> LogLine {
        LogLine {
            at: Timestamp::UNIX_EPOCH,
            zone: "UTC".into(),
            word: LogSubject::Shot,
            text: n.to_string(),
            detail: String::new(),
            duration: None,
        }
    }

    #[test]
    fn lines_come_once_and_the_oldest_go_first() {
        let mut recent = RecentLines::default();
        for n in 1..=MOST + 5 {
            recent.add_line(line(n));
        }
        let all = recent.lines_after(0);
        assert_eq!((all.len(), all[0].text.as_str()), (MOST, "6"));
        assert_eq!(recent.lines_after(recent.last_number() - 2).len(), 2);
        assert!(recent.lines_after(recent.last_number()).is_empty());
        assert!(recent.lines_after(u64::MAX).is_empty());
        recent.forget_all();
        assert!(recent.lines_after(0).is_empty(), "redacted");
        recent.add_line(line(1));
        assert_eq!(recent.lines_after(recent.last_number() - 1).len(), 1);
        assert_eq!(recent.lines_after(0).len(), 1);
    }
}
