//! The cover of a printable report, and the screenshots chosen for it.

use crate::calendar::DayStart;
use model::Timestamp;
use std::time::Duration;

/// The most screenshots in a printable report.
pub const MOST_SCREENSHOTS: usize = 20;

/// Characters of a name, and of one in a table.
pub(super) const NAME: usize = 160;

pub(super) const CELL: usize = 72;

/// The facts on the cover: for whom, by whom, when and how the report is made.
#[derive(Clone, Debug, Default)]
pub struct Cover {
    /// Who it is for.
    pub client: Option<String>,
    /// Whose time it is.
    pub author: Option<String>,
    /// The version of uam.
    pub version: String,
    /// When it is made.
    pub made: Timestamp,
    /// The IANA name of the zone in which that time is written.
    pub zone: String,
    /// When days begin.
    pub starts: DayStart,
    /// The merge limit in force; see [`crate::ViewOptions`].
    pub merge: Duration,
    /// Are there rules for projects?
    pub projects: bool,
    /// The chosen screenshots, at most [`MOST_SCREENSHOTS`].
    pub screenshots: Vec<ReportScreenshot>,
}

/// A chosen screenshot.
#[derive(Clone, Debug)]
pub struct ReportScreenshot {
    /// Its number in the journal.
    pub seq: u64,
    /// When it was taken.
    pub at: Timestamp,
    /// IANA name of the zone then in force.
    pub zone: String,
    /// The window it shows.
    pub window: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Media type of `bytes`: any image for HTML, `image/jpeg` (RGB) for PDF.
    pub media: String,
    /// The encoded screenshot.
    pub bytes: Vec<u8>,
}
