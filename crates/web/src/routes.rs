//! Which question is it?
//!
//! Always true, in this order: the guard sees every request first; the page's own files are open; for anything else the
//! token is asked before the path is looked at.

use crate::assets::FILES;
use crate::verification::Shown;
use crate::backend::{Desk, Proof, Refused};
use crate::session::{Wrong, lock};
use crate::api::search::Found;
use crate::api::days::By;
use crate::query_params::Query;
use crate::response::{self as reply, Reply};
use crate::server::House;
use crate::api::screenshots::Wanted;
use crate::api::{day as answer, days as many, export};
use crate::guard;
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use jiff::civil::Date;
use journal::Day;
use serde::{Deserialize, Serialize};
use std::ops::{ControlFlow, RangeInclusive};
use std::time::Instant;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// Most hits of one search.
const MOST_HITS: usize = 300;

/// Longest words to search for, in bytes.
const MOST_WORDS: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enter {
    link: String,
}

#[derive(Serialize)]
struct Entered {
    token: String,
    version: &'static str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TakeOut {
    seq: u64,
    code: String,
    #[serde(default)]
    passphrase: Option<String>,
}

/// Both factors alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proven {
    code: String,
    #[serde(default)]
    passphrase: Option<String>,
}

fn proof(code: String, passphrase: Option<String>) -> Proof {
    Proof {
        code: Zeroizing::new(code),
        passphrase: passphrase.map(Zeroizing::new),
    }
}

#[derive(Serialize)]
struct Factors {
    /// Is a passphrase needed besides a code?
    passphrase: bool,
}

#[derive(Serialize)]
struct Done {
    done: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    /// Names and sizes alone?
    quick: bool,
}

pub(crate) async fn answer(house: &House, request: Request<Incoming>) -> Reply {
    let packs = reply::takes_gzip(request.headers());
    let reply = plain(house, request).await;
    match packs {
        true => reply::packed(reply).await,
        false => reply,
    }
}

async fn plain(house: &House, request: Request<Incoming>) -> Reply {
    if let Err((status, why)) = house.names.check(&request) {
        return reply::words(status, why);
    }
    let path = request.uri().path().to_owned();
    if request.method() == Method::GET
        && let Some((_, media, text)) = FILES.iter().find(|(at, ..)| *at == path)
    {
        return reply::bytes(StatusCode::OK, media, text.as_bytes());
    }
    if request.method() == Method::POST && path == "/api/enter" {
        return enter(house, request).await;
    }
    let shown = guard::bearer(request.headers());
    if let Err(why) = lock(&house.door).check(shown, Instant::now()) {
        return wrong(why);
    }
    let query = Query::of(request.uri().query().unwrap_or_default());
    match (request.method() == Method::POST, path.as_str()) {
        // What happens now prolongs nothing: a page left open is not somebody who looks.
        (false, "/api/live") => live(house),
        (false, "/api/check") => reply::json(StatusCode::OK, &house.checks.shown()),
        (post, path) => {
            house.touch();
            match (post, path) {
                (false, "/api/day") => day(house, &query).await,
                (false, "/api/days") => days(house, &query).await,
                (false, "/api/shots") => shots(house, &query).await,
                (false, "/api/picture") => picture(house, &query).await,
                (false, "/api/search") => search(house, &query),
                (false, "/api/sent") => put(house, answer::sent).await,
                (false, "/api/settings") => put(house, |desk| desk.settings()).await,
                (false, "/api/factors") => put(house, factors).await,
                (true, "/api/export") => export(house, &query, request).await,
                (true, "/api/check") => check(house, request).await,
                (true, "/api/delete") => delete(house, request).await,
                _ => reply::words(StatusCode::NOT_FOUND, "there is no such page"),
            }
        }
    }
}

fn wrong(why: Wrong) -> Reply {
    match why {
        Wrong::Token => reply::words(StatusCode::UNAUTHORIZED, "not unlocked"),
        Wrong::Often => reply::words(
            StatusCode::TOO_MANY_REQUESTS,
            "too many wrong tokens; wait a minute",
        ),
        Wrong::Random => reply::words(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the operating system gave no random bytes",
        ),
    }
}

async fn enter(house: &House, request: Request<Incoming>) -> Reply {
    let asked: Enter = match reply::read(request.into_body(), house.limits.body).await {
        Ok(asked) => asked,
        Err(reply) => return reply,
    };
    let link = Zeroizing::new(asked.link);
    let entered = lock(&house.door).enter(&link, Instant::now());
    match entered {
        Err(why) => wrong(why),
        Ok(token) => {
            house.touch();
            house.live.end("The page was opened anew elsewhere.");
            let entered = Entered {
                token,
                version: env!("CARGO_PKG_VERSION"),
            };
            reply::json(StatusCode::OK, &entered)
        }
    }
}

/// Puts a question to the desk and tells its answer as JSON.
async fn put<T: Serialize + Send + 'static>(
    house: &House,
    question: impl FnOnce(&mut dyn Desk) -> Result<T, Refused> + Send + 'static,
) -> Reply {
    match house.queue.ask(question).await {
        None => busy(),
        Some(Err(why)) => reply::refused(&why),
        Some(Ok(told)) => reply::json(StatusCode::OK, &told),
    }
}

fn busy() -> Reply {
    reply::words(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy; try again in a moment",
    )
}

fn unclear(what: &str) -> Reply {
    reply::words(StatusCode::BAD_REQUEST, what)
}

async fn day(house: &House, query: &Query) -> Reply {
    match (query.date("day"), query.merge(1)) {
        (Ok(day), Ok(merge)) => put(house, move |desk| answer::day(desk, day, merge)).await,
        (Err(what), _) | (_, Err(what)) => unclear(what),
    }
}

/// The days asked for, and how they are looked at.
fn looked(query: &Query) -> Result<(RangeInclusive<Date>, u64), &'static str> {
    let days = query.days("first", "last")?;
    let length = days.start().until(*days.end());
    let merge = query.merge(length.map_or(i32::MAX, |span| span.get_days() + 1))?;
    Ok((days, merge))
}

async fn days(house: &House, query: &Query) -> Reply {
    let by = query.get("by").map_or(Some(By::default()), By::parse);
    match (looked(query), by) {
        (Ok((days, merge)), Some(by)) => {
            put(house, move |desk| many::days(desk, days, by, merge)).await
        }
        (Err(what), _) => unclear(what),
        (_, None) => unclear("days are told by app, category or project"),
    }
}

/// What a wish that takes both factors needs besides a code.
fn factors(desk: &mut dyn Desk) -> Result<Factors, Refused> {
    Ok(Factors {
        passphrase: desk.needs_passphrase(),
    })
}

/// Days as a file, for both factors: it is a copy that nothing here watches over any more.
async fn export(house: &House, query: &Query, request: Request<Incoming>) -> Reply {
    let form = query.get("as").and_then(export::Form::parse);
    let (days, merge, form) = match (looked(query), form) {
        (Ok((days, merge)), Some(form)) => (days, merge, form),
        (Err(what), _) => return unclear(what),
        (_, None) => return unclear("a file is csv, json, html, pdf or ics"),
    };
    let proven: Proven = match reply::read(request.into_body(), house.limits.body).await {
        Ok(proven) => proven,
        Err(reply) => return reply,
    };
    let proof = proof(proven.code, proven.passphrase);
    let asked = house
        .queue
        .ask(move |desk| {
            desk.prove(&proof)?;
            export::export(desk, &days, form, merge)
        })
        .await;
    match asked {
        None => busy(),
        Some(Err(why)) => reply::refused(&why),
        Some(Ok(file)) => reply::download(&file.name, file.media, file.bytes),
    }
}

/// Begins a check of what was sent, unless one runs; either way tells how far it is.
async fn check(house: &House, request: Request<Incoming>) -> Reply {
    let asked: Check = match reply::read(request.into_body(), house.limits.body).await {
        Ok(asked) => asked,
        Err(reply) => return reply,
    };
    let checks = house.checks.clone();
    put(house, move |desk| -> Result<Shown, Refused> {
        if let Some(checking) = checks.begin() {
            desk.check(asked.quick, checking)?;
        }
        Ok(checks.shown())
    })
    .await
}

async fn shots(house: &House, query: &Query) -> Reply {
    let (day, before) = match (query.date("day"), query.number("before")) {
        (Ok(day), Ok(before)) => (day, before),
        (Err(what), _) | (_, Err(what)) => return unclear(what),
    };
    let words = query.get("q").map(str::to_owned);
    if words.as_ref().is_some_and(|words| words.len() > MOST_WORDS) {
        return unclear("look for 200 letters at most");
    }
    let wanted = Wanted {
        day,
        app: query.get("app").map(str::to_owned),
        words,
        before,
    };
    put(house, move |desk| crate::api::screenshots::shots(desk, &wanted)).await
}

async fn picture(house: &House, query: &Query) -> Reply {
    let seq = match query.number("seq") {
        Ok(Some(seq)) => seq,
        Ok(None) => return unclear("which picture?"),
        Err(what) => return unclear(what),
    };
    let found = house.queue.ask(move |desk| answer::picture(desk, seq));
    match found.await {
        None => busy(),
        Some(Err(why)) => reply::refused(&why),
        Some(Ok((picture, media))) => reply::bytes(StatusCode::OK, media, picture),
    }
}

async fn delete(house: &House, request: Request<Incoming>) -> Reply {
    let asked: TakeOut = match reply::read(request.into_body(), house.limits.body).await {
        Ok(asked) => asked,
        Err(reply) => return reply,
    };
    let proof = proof(asked.code, asked.passphrase);
    put(house, move |desk| {
        let done = desk.take_out(asked.seq, &proof)?;
        Ok(Done {
            done: answer::text(&done, 600),
        })
    })
    .await
}

fn live(house: &House) -> Reply {
    let (reply, to) = reply::stream("text/event-stream");
    let live = house.live.clone();
    tokio::spawn(async move { live.follow(to).await });
    reply
}

/// Words, day by day, each as a line of JSON as soon as it is known.
fn search(house: &House, query: &Query) -> Reply {
    let days = match query.days("first", "last") {
        Err(what) => return unclear(what),
        Ok(days) => days,
    };
    let words = query.get("q").unwrap_or_default().trim().to_owned();
    if words.is_empty() || words.len() > MOST_WORDS {
        return unclear("search for one or more words, 200 letters at most");
    }
    let (reply, to) = reply::stream("application/x-ndjson");
    let asked = house.queue.put(move |desk| {
        if let Err(why) = look_through(desk, &days, &words, &to) {
            let text = match why {
                Refused::Locked => "locked".to_owned(),
                Refused::Denied(text) | Refused::Missing(text) | Refused::Failed(text) => text,
            };
            let _ = send(
                &to,
                &serde_json::json!({ "hits": [], "more": false, "error": text }),
            );
        }
    });
    match asked {
        Ok(()) => reply,
        Err(()) => busy(),
    }
}

fn look_through(
    desk: &mut dyn Desk,
    days: &RangeInclusive<Date>,
    words: &str,
    to: &mpsc::Sender<Bytes>,
) -> Result<(), Refused> {
    // Not for what: the words are nobody's business but their owner's.
    let (first, last) = (days.start(), days.end());
    let what = format!("a search in the titles of {first} to {last}, on the page");
    let reader = desk.look(&what)?;
    let epoch = Date::constant(1970, 1, 1);
    let utc = |date: &Date| Day(epoch.until(*date).map_or(0, |s| s.get_days()));
    // A local day touches two UTC days.
    let days = Day(utc(days.start()).0 - 1)..=Day(utc(days.end()).0 + 1);
    let mut left = MOST_HITS;
    let mut more = false;
    let done = report::search::titles(reader, &days, words, |day, mut hits| {
        more = hits.len() > left;
        hits.truncate(left);
        left -= hits.len();
        // Who asked may have gone away, or asked for something else.
        match send(to, &Found::day(day, hits)) {
            true if !more => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    });
    send(to, &Found::end(more, done.as_ref().err()));
    Ok(())
}

/// True while somebody listens. It waits for a slow listener; a search has an end, and the queue a bound.
fn send<T: Serialize>(to: &mpsc::Sender<Bytes>, line: &T) -> bool {
    let Ok(mut line) = serde_json::to_vec(line) else {
        return false;
    };
    line.push(b'\n');
    to.blocking_send(line.into()).is_ok()
}
