//! The small file that keeps a pause over the end of the process.
//!
//! Always true:
//! * The file is durable before the pause is confirmed to anyone, so neither a crash nor a power cut makes
//!   a paused recording go on by itself.
//! * It holds the end of the pause and nothing else. It is gone once the pause is over.
//! * A file that cannot be read means a pause until resumed: uncertainty never starts the recording.
//!
//! A pause that has an end holds over a clean end of uam too, and over a restart of the computer. One until resumed
//! ends with the run that was ended on purpose: a person who starts uam again wants to record.

use model::Timestamp;
use recorder::PauseRequest;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The content of the file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredPause {
    /// None means until resumed.
    #[serde(rename = "until_us")]
    until: Option<Timestamp>,
}

/// The file that keeps a pause.
#[derive(Debug)]
pub(super) struct PauseFile {
    file: PathBuf,
    /// Its content, if it is there.
    kept: Option<StoredPause>,
}

impl PauseFile {
    /// Reads the file; a pause that is over by `now` is forgotten.
    pub(super) fn open(file: PathBuf, now: Timestamp) -> Self {
        let kept = match fs::read(&file) {
            Ok(bytes) => {
                Some(serde_json::from_slice(&bytes).unwrap_or(StoredPause { until: None }))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(_) => Some(StoredPause { until: None }),
        };
        let mut this = Self { file, kept };
        if this
            .kept
            .as_ref()
            .is_some_and(|k| k.until.is_some_and(|at| at <= now))
        {
            this.remove_file();
        }
        this
    }

    pub(super) fn path(&self) -> &Path {
        &self.file
    }

    /// The pause that still holds.
    pub(super) fn stored_pause(&self) -> Option<PauseRequest> {
        let kept = self.kept.as_ref()?;
        Some(
            kept.until
                .map_or(PauseRequest::UntilResumed, PauseRequest::Until),
        )
    }

    /// Keeps a pause until this time; none means until resumed.
    pub(super) fn store_pause(&mut self, until: Option<Timestamp>) -> io::Result<()> {
        let kept = StoredPause { until };
        let bytes = serde_json::to_vec(&kept)?;
        self.kept = Some(kept);
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_found_again_until_it_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pause.json");
        let micros = Timestamp::from_micros;
        let open = |now| PauseFile::open(file.clone(), micros(now));
        assert_eq!(open(0).stored_pause(), None);
        open(0).store_pause(Some(micros(500))).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "{\"until_us\":500}");
        assert_eq!(
            open(499).stored_pause(),
            Some(PauseRequest::Until(micros(500)))
        );
        let mut ended = open(499);
        ended.end_run();
        assert_eq!(
            open(499).stored_pause(),
            Some(PauseRequest::Until(micros(500))),
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
        kept.store_pause(Some(micros(700))).unwrap();
        assert_eq!(
            open(0).stored_pause(),
            Some(PauseRequest::Until(micros(700))),
            "the later one"
        );
        kept.store_pause(None).unwrap();
        kept.end_run();
        assert!(!file.exists());
        assert_eq!(open(0).stored_pause(), None);
    }

    #[test]
    fn the_file_keeps_its_words() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pause.json");
        let samples = include_str!("../../tests/wire/pause.jsonl").lines();
        let ends = [None, Some(Timestamp::from_seconds(1_790_000_000))];
        for (sample, until) in samples.zip(ends) {
            PauseFile::open(file.clone(), Timestamp::UNIX_EPOCH)
                .store_pause(until)
                .unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), sample);
            let pause = until.map_or(PauseRequest::UntilResumed, PauseRequest::Until);
            assert_eq!(
                PauseFile::open(file.clone(), Timestamp::UNIX_EPOCH).stored_pause(),
                Some(pause)
            );
        }
    }

    #[test]
    fn in_doubt_nothing_is_recorded() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pause.json");
        for damaged in ["", "{", "{\"until_us\":\"soon\"}", "{\"other\":1}"] {
            fs::write(&file, damaged).unwrap();
            let kept = PauseFile::open(file.clone(), Timestamp::UNIX_EPOCH);
            assert_eq!(
                kept.stored_pause(),
                Some(PauseRequest::UntilResumed),
                "{damaged}"
            );
        }
    }
}
