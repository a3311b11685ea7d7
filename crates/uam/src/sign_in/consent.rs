//! The agreement to the consent notice: asked for once, recorded with the hash of the text, and asked for again when the
//! notice changes.

use crate::output;
use anyhow::Context;
use console::Prompt;
use model::{ErrorKind, UserError};
use settings::ConsentNotice;
use vault::Consent;

/// How the person agreed to the notice.
pub(super) enum Agreement {
    /// The same notice was agreed to before.
    Unchanged,
    /// It was shown and agreed to now.
    Given(Consent),
}

/// Shows the notice and asks for agreement, unless the same notice was agreed to before. `given`: agreed to by a flag.
pub(super) fn ask_agreement(
    notice: &ConsentNotice,
    before: Option<&Consent>,
    given: bool,
    now_us: i64,
) -> anyhow::Result<Agreement> {
    let consent = to_consent(notice, now_us);
    if let Some(before) = before {
        if before.version == consent.version && before.text_sha256 == consent.text_sha256 {
            return Ok(Agreement::Unchanged);
        }
        output::print_line("The consent notice has changed since you agreed to it:\n");
    }
    output::print_line(&notice.text);
    let agreed = given
        || Prompt::on_stdio()
            .ask_yes_no_explicit("Do you agree?")
            .context("cannot ask for your agreement")?;
    if agreed {
        return Ok(Agreement::Given(consent));
    }
    Err(UserError::new(
        ErrorKind::Denied,
        "nothing is recorded without your agreement",
        "Nothing was changed. Start uam again at any time.",
    )
    .into())
}

/// The agreement to a notice, for the vault.
pub(super) fn to_consent(notice: &ConsentNotice, now_us: i64) -> Consent {
    Consent {
        version: notice.version,
        text_sha256: notice.sha256.clone(),
        at: model::Timestamp::from_micros(now_us),
    }
}
