//! What was shown lately, for whoever looks on later.

use report::LogLine;
use std::collections::VecDeque;

/// Lines remembered; when there are more the oldest goes (the journal has everything).
const MOST: usize = 300;

/// The last lines, numbered from 1 on, and what there is to know about pictures.
#[derive(Debug, Default)]
pub(in crate::worker) struct RecentLines {
    lines: VecDeque<LogLine>,
    last: u64,
    newest: Option<u64>,
    removals: u64,
}

impl RecentLines {
    pub(in crate::worker) fn line(&mut self, line: LogLine) {
        if self.lines.len() >= MOST {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        self.last += 1;
    }

    pub(in crate::worker) fn shot(&mut self, seq: u64) {
        self.newest = Some(seq);
    }

    /// Something was taken out: what was shown is forgotten.
    pub(in crate::worker) fn forget(&mut self) {
        self.lines.clear();
        self.newest = None;
        self.removals += 1;
    }

    /// The lines after number `seen` that are still remembered.
    pub(in crate::worker) fn after(&self, seen: u64) -> Vec<LogLine> {
        let new = usize::try_from(self.last.saturating_sub(seen)).unwrap_or(usize::MAX);
        let skip = self.lines.len().saturating_sub(new);
        self.lines.iter().skip(skip).cloned().collect()
    }

    /// The number of the last line.
    pub(in crate::worker) fn last(&self) -> u64 {
        self.last
    }

    /// The newest picture since something was taken out.
    pub(in crate::worker) fn newest(&self) -> Option<u64> {
        self.newest
    }

    /// How often something was taken out.
    pub(in crate::worker) fn removals(&self) -> u64 {
        self.removals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::LogSubject;

    fn line(n: usize) -> LogLine {
        LogLine {
            at_us: 0,
            zone: "UTC".into(),
            word: LogSubject::Shot,
            text: n.to_string(),
            detail: String::new(),
            dur_us: None,
        }
    }

    #[test]
    fn lines_come_once_and_the_oldest_go_first() {
        let mut recent = RecentLines::default();
        for n in 1..=MOST + 5 {
            recent.line(line(n));
        }
        let all = recent.after(0);
        assert_eq!((all.len(), all[0].text.as_str()), (MOST, "6"));
        assert_eq!(recent.after(recent.last() - 2).len(), 2);
        assert!(recent.after(recent.last()).is_empty());
        assert!(recent.after(u64::MAX).is_empty());
        recent.forget();
        assert!(recent.after(0).is_empty(), "what was taken out");
        recent.line(line(1));
        assert_eq!(recent.after(recent.last() - 1).len(), 1);
        assert_eq!(recent.after(0).len(), 1);
    }
}
