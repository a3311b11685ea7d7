//! The agreement to the notice: asked for once, recorded with the hash of the text, and asked for again whenever the
//! notice has changed.

use crate::output;
use anyhow::Context;
use console::Prompt;
use model::{ErrorKind, UserError};
use settings::ConsentNotice;
use vault::Consent;

/// What was said about the notice.
pub(crate) enum Agreed {
    /// It is the same as the one agreed to before.
    Before,
    /// It was shown and agreed to now.
    Now(Consent),
}

/// Shows the notice unless the very same was agreed to before, and asks.
pub(crate) fn ask(
    notice: &ConsentNotice,
    before: Option<&Consent>,
    given: bool,
    now_us: i64,
) -> anyhow::Result<Agreed> {
    let consent = consent_to(notice, now_us);
    if let Some(before) = before {
        if before.version == consent.version && before.text_sha256 == consent.text_sha256 {
            return Ok(Agreed::Before);
        }
        output::line(
            "What uam tells you about the recording has changed since you agreed to it:\n",
        );
    }
    output::line(&notice.text);
    let agreed = given
        || Prompt::on_stdio()
            .ask_yes_no_explicit("Do you agree?")
            .context("cannot ask for your agreement")?;
    if agreed {
        return Ok(Agreed::Now(consent));
    }
    Err(UserError::new(
        ErrorKind::Denied,
        "nothing is recorded without your agreement",
        "Nothing was changed. Start uam again whenever you like.",
    )
    .into())
}

/// The agreement to a notice, for the record.
pub(crate) fn consent_to(notice: &ConsentNotice, now_us: i64) -> Consent {
    Consent {
        version: notice.version,
        text_sha256: notice.sha256.clone(),
        at_us: now_us,
    }
}
