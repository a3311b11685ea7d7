//! Notices put into the journal by a process that does not record.

use crate::agent_call::call_running_agent;
use crate::app_context::AppContext;
use crate::freezing::freeze_after_maintenance;
use anyhow::Context;
use journal::{Commit, IntegrityCheck, Journal, JournalError, JournalKeys};
use model::{ErrorKind, Notice, NoticeCode, Record, UserError};
use platform::clock::current_time;
use platform::timezone::current_zone_name;
use protocol::{Request, Response};

/// Puts notices into the journal: through the running agent, else directly.
///
/// # Errors
/// When they are not in the journal afterwards.
pub fn record_notices(
    context: &AppContext,
    keys: &JournalKeys,
    notices: Vec<(NoticeCode, String)>,
) -> anyhow::Result<()> {
    record_notices_with(context, keys, notices, IntegrityCheck::Full)
}

/// As [`record_notices`], with a check for damage or without.
pub(crate) fn record_notices_with(
    context: &AppContext,
    keys: &JournalKeys,
    notices: Vec<(NoticeCode, String)>,
    check: IntegrityCheck,
) -> anyhow::Result<()> {
    let request = Request::RecordNotices {
        notices: notices.clone(),
    };
    match call_running_agent(&context.paths, &request) {
        Ok(Response::Refused(why)) => {
            return Err(UserError::new(
                ErrorKind::Failed,
                format!("the running uam did not record the access: {why}"),
                "Try again in a moment.",
            )
            .into());
        }
        Ok(_) => return Ok(()),
        Err(e) if model::error_kind(e.as_ref()) == ErrorKind::Instance => {}
        Err(e) => return Err(e),
    }
    let now = current_time();
    let zone = current_zone_name().to_string();
    let records: Vec<Record> = notices
        .into_iter()
        .map(|(code, text)| {
            Record::Notice(Notice {
                at: now,
                zone: zone.clone(),
                code,
                text,
            })
        })
        .collect();
    let dir = context.paths.journal_dir();
    match Journal::open_for_maintenance(&dir, keys.clone(), now, check) {
        // Nothing was ever recorded, so there is nothing to keep a notice beside.
        Err(JournalError::Missing { .. }) => Ok(()),
        opened => opened
            .and_then(|mut journal| {
                journal.commit(Commit {
                    records: &records,
                    at: now,
                    ..Commit::default()
                })?;
                freeze_after_maintenance(&context.paths, &mut journal, now)
            })
            .context("the access could not be recorded"),
    }
}
