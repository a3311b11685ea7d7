//! Whose hand carries a wish out: the running instance, which alone may write the journal; or this process, where none
//! runs.

use super::{Lent, Told, Wish, freeze_rules, is_too_much, sink, words};
use crate::access::{self, Access};
use crate::commands::Home;
use crate::config::Config;
use crate::control::{self, Request};
use crate::failure::{self, Exit, Failure};
use anyhow::Context;
use journal::Errand;
use model::{Notice, NoticeCode, Record};
use platform::clock::current_time_us;
use platform::timezone::current_zone_name;

/// True while an instance runs, which must do it.
pub(crate) fn is_running(home: &Home) -> anyhow::Result<bool> {
    match control::call(&home.paths, &Request::Status) {
        Ok(_) => Ok(true),
        Err(e) if failure::exit_of(&e) == Exit::Instance => Ok(false),
        Err(e) => Err(e),
    }
}

/// Does it through the running instance, with the key where one was needed.
pub(crate) fn through(
    home: &Home,
    wish: &Wish,
    rehearsal: bool,
    access: Option<&Access>,
) -> anyhow::Result<Told> {
    let request = Request::TakeOut {
        wish: wish.clone(),
        rehearsal,
        key: access.map(|a| Lent(a.identity.reveal().to_string())),
    };
    let reply = control::call(&home.paths, &request)?;
    if !reply.ok {
        return Err(Failure::with_exit(
            Exit::Failed,
            model::printable(&reply.text, 400),
            "Nothing was changed.",
        ));
    }
    let told = reply
        .told
        .context("the running instance did not say what it did")?;
    Ok(*told)
}

/// Does it here, since no instance runs.
pub(crate) fn directly(
    home: &Home,
    wish: &Wish,
    rehearsal: bool,
    access: &Access,
) -> anyhow::Result<Told> {
    let now = current_time_us();
    let mut errand = Errand::open(&home.paths.journal(), access.keys()?, now)
        .context("the journal cannot be written")?;
    let told = wish.rehearse(errand.writer(), now)?;
    if is_too_much(&told) {
        return Err(Failure::usage(
            "that touches too many objects that were sent to name them all",
            "Take fewer days at once.",
        ));
    }
    if rehearsal || told.is_nothing() {
        return Ok(told);
    }
    let rules = freeze_rules(&Config::load(&home.paths)?, true);
    let told = wish.carry_out(errand.writer(), &rules, now)?;
    let zone = current_zone_name().to_string();
    let (code, text) = words::notice(wish, &told, now, &zone);
    let notice = Record::Notice(Notice {
        at_us: now,
        zone,
        code,
        text,
    });
    errand
        .note(&[notice], now)
        .and_then(|_| access::pack(home, &mut errand, now))
        .context("it was done, but could not be noted")?;
    Ok(told)
}

/// Deletes the copies of what was taken out, as far as that may be done, and notes what became of them.
pub(crate) fn delete_copies(
    home: &Home,
    access: Option<&Access>,
    told: &Told,
) -> anyhow::Result<sink::Copies> {
    let copies = sink::delete(home, &told.objects);
    let left: Vec<String> = copies.left.iter().map(|(name, _)| name.clone()).collect();
    let notices = words::copies(NoticeCode::Removed, copies.deleted.len(), &left);
    note(home, access, notices)?;
    Ok(copies)
}

/// Notes what became of the copies.
pub(crate) fn note(
    home: &Home,
    access: Option<&Access>,
    notices: Vec<(NoticeCode, String)>,
) -> anyhow::Result<()> {
    if notices.is_empty() {
        return Ok(());
    }
    match access {
        Some(access) => access.note(home, notices),
        None => {
            let reply = control::call(&home.paths, &Request::Note { notices })?;
            anyhow::ensure!(
                reply.ok,
                "the running instance did not note it: {}",
                reply.text
            );
            Ok(())
        }
    }
}
