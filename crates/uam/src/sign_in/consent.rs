//! The agreement to the consent notice: asked for once, recorded with the hash of the text, and asked for again when the
//! notice changes.

use console::Prompt;
use model::{ErrorKind, Timestamp, UserError};
use settings::ConsentNotice;
use std::io::{BufRead, Write};
use vault::Consent;

/// How the person agreed to the notice.
pub(super) enum Agreement {
    /// The same notice was agreed to before.
    Unchanged,
    /// It was shown and agreed to now.
    Given(Consent),
}

/// Shows the notice and asks for agreement, unless the same notice was agreed to before. `given`: agreed to by a flag.
pub(super) fn ask_agreement<R: BufRead, W: Write>(
    notice: &ConsentNotice,
    before: Option<&Consent>,
    given: bool,
    now: Timestamp,
    ask: &mut Prompt<R, W>,
) -> anyhow::Result<Agreement> {
    let consent = to_consent(notice, now);
    if let Some(before) = before {
        if before.version == consent.version && before.text_sha256 == consent.text_sha256 {
            return Ok(Agreement::Unchanged);
        }
        ask.print_line("The consent notice has changed since you agreed to it:\n")?;
    }
    ask.print_line(&notice.text)?;
    let agreed = given
        || ask.ask_yes_no_explicit("Do you agree?").map_err(|e| {
            UserError::new(
                ErrorKind::Failed,
                "cannot ask for your agreement",
                "Start uam in a terminal and answer the question, or agree with `uam run --agree`.",
            )
            .caused_by(e)
        })?;
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
pub(super) fn to_consent(notice: &ConsentNotice, now: Timestamp) -> Consent {
    Consent {
        version: notice.version,
        text_sha256: notice.sha256.clone(),
        at: now,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOTICE: &str = "uam records your working day.\n";

    fn answer(before: Option<&Consent>, input: &str) -> (anyhow::Result<Agreement>, String) {
        let notice = ConsentNotice {
            text: NOTICE.to_owned(),
            sha256: "ab".repeat(32),
            version: 2,
        };
        let mut shown = Vec::new();
        let mut prompt = Prompt::new(input.as_bytes(), &mut shown);
        let agreement = ask_agreement(
            &notice,
            before,
            false,
            Timestamp::from_micros(7),
            &mut prompt,
        );
        (agreement, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn an_agreement_to_the_former_wording_leads_to_the_question() {
        let former = Consent {
            version: 1,
            text_sha256: "cd".repeat(32),
            at: Timestamp::from_micros(1),
        };
        let (agreement, shown) = answer(Some(&former), "y\n");
        let Agreement::Given(given) = agreement.unwrap() else {
            panic!("the former agreement was taken for the new one");
        };
        assert_eq!((given.version, given.at), (2, Timestamp::from_micros(7)));
        assert_eq!(
            shown,
            format!(
                "The consent notice has changed since you agreed to it:\n\n{NOTICE}\nDo you agree? [y/n] "
            )
        );
        let (agreement, shown) = answer(Some(&given), "");
        assert!(matches!(agreement.unwrap(), Agreement::Unchanged) && shown.is_empty());
    }

    #[test]
    fn without_an_answer_the_error_says_how_to_agree() {
        let (agreement, _) = answer(None, "");
        let error = agreement.err().unwrap();
        let hint = model::find_user_error(error.as_ref()).unwrap().hint();
        assert!(hint.contains("--agree"), "{hint}");
    }
}
