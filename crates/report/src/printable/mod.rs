//! A report for a person or a client: [`PrintableReport`] holds its content in order and in colour; [`render_html`] and
//! [`render_pdf`] draw it.
//!
//! # Invariants
//! * Columns of durations sum to their total as they are printed: the fraction cut from one row is carried to the next
//!   ([`carry_seconds`]).
//! * Every text is [`model::to_printable`] and clipped; a drawer has only its own escaping to do.
//! * Screenshots are in it only when somebody chose them.

mod colours;
mod cover;
mod document;
mod html;
mod pdf;
mod pdf_page;
mod tables;
mod timelines;
mod wording;

pub use colours::Colour;
pub use cover::{Cover, MOST_SCREENSHOTS, ReportScreenshot};
pub use document::{CoverageRow, MOST_LANES, PeriodRow, PrintableReport};
pub use html::render_html;
pub use pdf::render_pdf;
pub use pdf_page::PdfError;
pub use tables::{UsageTable, UsageTableRow, carry_seconds};
pub use timelines::{PrintedBar, PrintedStretch, PrintedTimeline};

#[cfg(test)]
pub(crate) mod tests;
