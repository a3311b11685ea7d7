//! The newest screenshots, and where each of them is.

use crate::calendar::{load_zone, wall_clock};
use crate::format::{clip_to_width, format_bytes, window_label};
use journal::{JournalError, Reader, ScreenshotEntry, ScreenshotLocation};
use serde::{Deserialize, Serialize};

/// One screenshot for `uam shots --json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScreenshotInfo {
    /// Its number in the journal; `uam shots --show` takes it.
    pub seq: u64,
    /// Its facts. Window names are raw text.
    #[serde(flatten)]
    pub shot: model::Screenshot,
    /// `here`, `archived`, `deleted` or `lost`.
    pub place: String,
    /// True when the sink acknowledged it.
    pub sent: bool,
    /// True while it is held back: it was not packed for sending yet.
    pub held: bool,
}

/// The newest `limit` screenshots, newest first.
///
/// # Errors
/// See [`JournalError`].
pub fn list_screenshots(
    reader: &Reader,
    limit: usize,
) -> Result<Vec<ScreenshotInfo>, JournalError> {
    Ok(reader
        .newest_screenshots(limit)?
        .into_iter()
        .map(info)
        .collect())
}

fn info(row: ScreenshotEntry) -> ScreenshotInfo {
    let place = match row.place {
        ScreenshotLocation::Local => "here",
        ScreenshotLocation::Archived => "archived",
        ScreenshotLocation::Deleted => "deleted",
        ScreenshotLocation::Lost => "lost",
    };
    ScreenshotInfo {
        seq: row.seq,
        shot: row.shot,
        place: place.to_owned(),
        sent: row.acked,
        held: row.held,
    }
}

/// Screenshots as plain lines at most `width` columns wide; harmless to print.
#[must_use]
pub fn format_screenshot_list(shots: &[ScreenshotInfo], width: usize) -> Vec<String> {
    if shots.is_empty() {
        return vec!["no screenshots yet".to_owned()];
    }
    shots
        .iter()
        .map(|s| {
            let when = wall_clock(s.shot.at, &load_zone(&s.shot.zone)).map_or_else(
                || "?".to_owned(),
                |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            );
            let window = s
                .shot
                .window
                .as_ref()
                .map_or_else(String::new, |w| window_label(&w.app, &w.title));
            let line = format!(
                "{:>7}  {when}  {:>9}  {:>8}  {:<8} {:<8} {:<8} {window}",
                s.seq,
                format!("{}x{}", s.shot.width, s.shot.height),
                format_bytes(s.shot.bytes),
                if s.shot.blurred { "blurred" } else { "" },
                if s.shot.redacted { "removed" } else { &s.place },
                match (s.sent, s.held, s.shot.redacted) {
                    (true, ..) => "sent",
                    (_, _, true) => "",
                    (_, true, _) => "held",
                    _ => "waiting",
                },
            );
            clip_to_width(&line, width).trim_end().to_owned()
        })
        .collect()
}
