//! The questions, put to a journal through its reader. Everything that thinks is elsewhere; here it is only fetched.

mod day;
mod days;
mod extent;
mod offline_status;
mod overview;
mod rollup_coverage;
mod screenshot_list;
mod search;

pub use day::{read_day, read_day_with_timeline};
pub use days::read_days;
pub use extent::{DaysQuery, journal_began, known_until};
pub use offline_status::{OfflineStatus, read_offline_status, read_outbox_summary};
pub use overview::read_overview;
pub use screenshot_list::{ScreenshotInfo, format_screenshot_list, list_screenshots};
pub use search::{SearchHit, search_titles};
