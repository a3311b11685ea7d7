//! Which question is it?
//!
//! Always true, in this order: the guard sees every request first; the page's own files are open; for anything else the
//! token is asked before the path is looked at.

use crate::answer;
use crate::assets::FILES;
use crate::desk::{Desk, Proof, Refused};
use crate::door::{Wrong, lock};
use crate::found::Found;
use crate::guard;
use crate::reply::{self, Reply};
use crate::server::House;
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

/// Most days in one question; a year and what hangs over at both ends.
const MOST_DAYS: i32 = 400;

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

#[derive(Serialize)]
struct Done {
    done: String,
}

pub(crate) async fn answer(house: &House, request: Request<Incoming>) -> Reply {
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
    match query.date("day") {
        Err(what) => unclear(what),
        Ok(day) => put(house, move |desk| answer::day(desk, day)).await,
    }
}

async fn days(house: &House, query: &Query) -> Reply {
    match query.days("first", "last") {
        Err(what) => unclear(what),
        Ok(days) => put(house, move |desk| answer::days(desk, days)).await,
    }
}

async fn shots(house: &House, query: &Query) -> Reply {
    let (day, before) = match (query.date("day"), query.number("before")) {
        (Ok(day), Ok(before)) => (day, before),
        (Err(what), _) | (_, Err(what)) => return unclear(what),
    };
    let app = query.get("app").map(str::to_owned);
    put(house, move |desk| {
        answer::shots(desk, day, app.as_deref(), before)
    })
    .await
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
    let proof = Proof {
        code: Zeroizing::new(asked.code),
        passphrase: asked.passphrase.map(Zeroizing::new),
    };
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

/// The part of an address behind the question mark.
struct Query(Vec<(String, String)>);

impl Query {
    fn of(text: &str) -> Self {
        let pairs = text.split('&').filter(|p| !p.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        });
        Self(pairs.collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(n, _)| n == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|v| !v.is_empty())
    }

    fn date(&self, name: &str) -> Result<Option<Date>, &'static str> {
        let date = self.get(name).map(|text| {
            let date: Date = text.parse().ok()?;
            (1990..=2200).contains(&date.year()).then_some(date)
        });
        match date {
            Some(None) => Err("a day is written YYYY-MM-DD"),
            Some(day) => Ok(day),
            None => Ok(None),
        }
    }

    fn days(&self, first: &str, last: &str) -> Result<RangeInclusive<Date>, &'static str> {
        let (Some(first), Some(last)) = (self.date(first)?, self.date(last)?) else {
            return Err("from which day to which?");
        };
        let length = first.until(last).map_or(i32::MAX, |span| span.get_days());
        match (0..MOST_DAYS).contains(&length) {
            true => Ok(first..=last),
            false => Err("those are too many days, or none"),
        }
    }

    fn number(&self, name: &str) -> Result<Option<u64>, &'static str> {
        let number = self.get(name).map(str::parse).transpose();
        number.map_err(|_| "that is not a number")
    }
}

/// Percent signs and pluses undone; what is no text becomes the replacement sign.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes().iter();
    while let Some(byte) = bytes.next() {
        let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
        match *byte {
            b'+' => out.push(b' '),
            b'%' => {
                let rest = bytes.as_slice();
                match (hex(rest.first()), hex(rest.get(1))) {
                    (Some(high), Some(low)) => {
                        out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                        bytes.nth(1);
                    }
                    _ => out.push(b'%'),
                }
            }
            byte => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_back() {
        let query = Query::of("q=a%20b+%C3%A4%&day=2026-11-25&empty=&x=%zz");
        assert_eq!(query.get("q"), Some("a b ä%"));
        assert_eq!(query.get("x"), Some("%zz"));
        assert_eq!(query.get("empty"), None);
        assert_eq!(
            query.date("day").unwrap().unwrap().to_string(),
            "2026-11-25"
        );
        assert!(query.date("q").is_err());
        assert!(Query::of("day=9999-12-31").date("day").is_err());
    }

    #[test]
    fn ranges_have_an_end() {
        let days = |text: &str| Query::of(text).days("first", "last").is_ok();
        assert!(days("first=2026-01-01&last=2026-12-31"));
        assert!(!days("first=2026-01-01&last=2027-12-31"));
        assert!(!days("first=2026-01-02&last=2026-01-01"));
        assert!(!days("first=2026-01-02"));
    }
}
