//! Pauses by hand, and the small file that keeps one over the end of the process.
//!
//! # What is always true
//! * The file is durable before anybody is told that the recording is paused, so neither a crash nor a power cut makes
//!   a paused recording go on by itself.
//! * It holds when the pause ends and nothing else. It is gone once the pause is over.
//! * A file that cannot be read means a pause until resumed: in doubt nothing is recorded.
//!
//! A pause that has an end holds over a clean end of uam too, and over a restart of the computer. One until resumed
//! ends with the run that was ended on purpose: whoever starts uam anew wants to record.

use super::agent::Agent;
use super::schedule::next_day_us;
use model::{Coverage, MICROS_PER_SECOND, Moment};
use protocol::{PauseLength, Response};
use recorder::{PauseRequest, RecorderInput};
use report::LogSubject;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::{fs, io};

/// What the file holds.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPause {
    /// Microseconds since the Unix epoch (UTC); none means until resumed.
    until_us: Option<i64>,
}

/// The file.
#[derive(Debug)]
pub(super) struct PauseFile {
    file: PathBuf,
    /// What it holds, if it is there.
    kept: Option<StoredPause>,
}

impl PauseFile {
    /// Reads the file; a pause that is over by `now_us` is forgotten.
    pub(super) fn open(file: PathBuf, now_us: i64) -> Self {
        let kept = match fs::read(&file) {
            Ok(bytes) => {
                Some(serde_json::from_slice(&bytes).unwrap_or(StoredPause { until_us: None }))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(_) => Some(StoredPause { until_us: None }),
        };
        let mut this = Self { file, kept };
        if this
            .kept
            .as_ref()
            .is_some_and(|k| k.until_us.is_some_and(|at| at <= now_us))
        {
            this.remove_file();
        }
        this
    }

    /// The pause that still holds.
    pub(super) fn stored_pause(&self) -> Option<PauseRequest> {
        let kept = self.kept.as_ref()?;
        Some(
            kept.until_us
                .map_or(PauseRequest::UntilResumed, PauseRequest::Until),
        )
    }

    fn store_pause(&mut self, until_us: Option<i64>) -> io::Result<()> {
        let until = StoredPause { until_us };
        let bytes = serde_json::to_vec(&until)?;
        self.kept = Some(until);
        platform::files::write_file_durably(&self.file, &bytes)
    }

    /// The pause is over. A file that cannot be removed is tried again the next time.
    pub(super) fn remove_file(&mut self) {
        if self.kept.is_some() {
            match fs::remove_file(&self.file) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => {}
                _ => self.kept = None,
            }
        }
    }

    /// The run ends on purpose.
    pub(super) fn end_run(&mut self) {
        if self.stored_pause() == Some(PauseRequest::UntilResumed) {
            self.remove_file();
        }
    }
}

impl Agent {
    pub(super) fn pause(&mut self, length: PauseLength, now: Moment) -> Response {
        let (pause, until_us) = match length {
            PauseLength::UntilResumed => (PauseRequest::UntilResumed, None),
            PauseLength::Seconds(seconds) => {
                let us = seconds.saturating_mul(MICROS_PER_SECOND);
                (
                    PauseRequest::For(us),
                    Some(now.utc_us.saturating_add_unsigned(us)),
                )
            }
            PauseLength::Tomorrow => match next_day_us(now.utc_us, self.hours.zone()) {
                Some(at) => (PauseRequest::Until(at), Some(at)),
                None => {
                    return Response::refused("The clock shows no day after which another comes.");
                }
            },
        };
        let kept = self.kept_pause.store_pause(until_us);
        self.recorder.step(now, RecorderInput::Pause(pause));
        self.last_checkpoint = None;
        let mut text = match until_us {
            Some(at) => format!(
                "Paused until {}; `uam resume` ends it before.",
                report::text::format_relative_time(at, now.utc_us, self.hours.zone())
            ),
            None => "Paused until `uam resume`.".to_owned(),
        };
        if let Err(e) = kept {
            text.push_str(&format!(
                " It could not be written to {} ({e}), so it ends if uam is started anew.",
                self.paths.pause_file().display()
            ));
        }
        Response::done(text)
    }

    pub(super) fn resume(&mut self, now: Moment) -> Response {
        self.recorder.step(now, RecorderInput::Resume);
        self.kept_pause.remove_file();
        self.last_checkpoint = None;
        let hours = self.hours.now();
        Response::done(match (self.recorder.view().state, hours.next_change_us) {
            (state, Some(at)) if state.is_recording() && !hours.inside => format!(
                "Recording outside the recording hours, which begin {}.",
                report::text::format_relative_time(at, now.utc_us, self.hours.zone())
            ),
            (Coverage::Active | Coverage::Idle, _) => "Recording.".to_owned(),
            (state, _) => format!("No pause holds, but nothing is recorded now: {state}."),
        })
    }

    /// At the start: a pause from before goes on.
    pub(super) fn take_up_pause(&mut self, now: Moment) {
        if let Some(pause) = self.kept_pause.stored_pause() {
            self.recorder.step(now, RecorderInput::Pause(pause));
            let text = match pause {
                PauseRequest::Until(at) => format!(
                    "A pause from before holds until {}. `uam resume` ends it.",
                    report::text::format_relative_time(at, now.utc_us, self.hours.zone())
                ),
                _ => "A pause from before holds. `uam resume` ends it.".to_owned(),
            };
            self.note(LogSubject::State(Coverage::Paused), now, &text);
        }
    }

    /// Forgets a pause that has ended by itself.
    pub(super) fn keep_pause(&mut self) {
        if !self.recorder.view().paused {
            self.kept_pause.remove_file();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_found_again_until_it_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pause.json");
        let open = |now_us| PauseFile::open(file.clone(), now_us);
        assert_eq!(open(0).stored_pause(), None);
        open(0).store_pause(Some(500)).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "{\"until_us\":500}");
        assert_eq!(open(499).stored_pause(), Some(PauseRequest::Until(500)));
        let mut ended = open(499);
        ended.end_run();
        assert_eq!(
            open(499).stored_pause(),
            Some(PauseRequest::Until(500)),
            "it has an end of its own"
        );
        assert_eq!(open(500).stored_pause(), None);
        assert!(!file.exists());

        let mut kept = open(0);
        kept.store_pause(None).unwrap();
        assert_eq!(
            open(i64::MAX).stored_pause(),
            Some(PauseRequest::UntilResumed)
        );
        kept.store_pause(Some(700)).unwrap();
        assert_eq!(
            open(0).stored_pause(),
            Some(PauseRequest::Until(700)),
            "the later one"
        );
        kept.store_pause(None).unwrap();
        kept.end_run();
        assert!(!file.exists());
        assert_eq!(open(0).stored_pause(), None);
    }

    #[test]
    fn in_doubt_nothing_is_recorded() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pause.json");
        for damaged in ["", "{", "{\"until_us\":\"soon\"}", "{\"other\":1}"] {
            fs::write(&file, damaged).unwrap();
            let kept = PauseFile::open(file.clone(), 0);
            assert_eq!(
                kept.stored_pause(),
                Some(PauseRequest::UntilResumed),
                "{damaged}"
            );
        }
    }
}
