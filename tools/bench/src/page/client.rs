//! Asks the server as the page does, and takes the time from the first byte of a request to the last of its answer.

use crate::measure::elapsed_ms;
use crate::year::{SCREENSHOTS_PER_DAY, YEAR};
use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// A browser with one open page.
struct PageClient {
    port: u16,
    token: String,
    /// Kept open, as browsers do.
    stream: RefCell<BufReader<TcpStream>>,
}

struct PageAnswer {
    ms: f64,
    /// Bytes as they arrived, without the head.
    bytes: usize,
    text: Vec<u8>,
}

impl PageClient {
    fn sign_in(link: &str) -> Result<Self> {
        let (address, secret) = link.split_once("/#").context("no link")?;
        let port = address.rsplit(':').next().context("no port")?.parse()?;
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        let mut page = Self {
            port,
            token: String::new(),
            stream: RefCell::new(BufReader::new(stream)),
        };
        let answer = page.send("/api/enter", Some(&json!({ "link": secret })))?;
        let reply: Value = serde_json::from_slice(&answer.text)?;
        page.token = reply["token"].as_str().context("no token")?.to_owned();
        Ok(page)
    }

    fn send(&self, target: &str, body: Option<&Value>) -> Result<PageAnswer> {
        let port = self.port;
        let body = body.map(Value::to_string).unwrap_or_default();
        let method = if body.is_empty() { "GET" } else { "POST" };
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n\
             Sec-Fetch-Site: same-origin\r\nAuthorization: Bearer {}\r\nAccept-Encoding: gzip\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        let mut stream = self.stream.borrow_mut();
        let start = Instant::now();
        stream.get_mut().write_all(request.as_bytes())?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            ensure!(stream.read_line(&mut head)? > 0, "{target}: no answer");
        }
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let body = match length {
            Some(length) => {
                let mut body = vec![0; length.trim().parse()?];
                stream.read_exact(&mut body)?;
                body
            }
            None => read_chunks(&mut *stream)?,
        };
        let ms = elapsed_ms(start);
        let compressed = head.contains("content-encoding: gzip");
        let mut text = Vec::new();
        match compressed {
            true => GzDecoder::new(body.as_slice())
                .read_to_end(&mut text)
                .map(drop)?,
            false => text.extend_from_slice(&body),
        }
        if !head.starts_with("http/1.1 200") {
            bail!("{target}: {head}{}", String::from_utf8_lossy(&text));
        }
        Ok(PageAnswer {
            ms,
            bytes: body.len(),
            text,
        })
    }

    fn get_json(&self, target: &str) -> Result<(Value, PageAnswer)> {
        let answer = self.send(target, None)?;
        Ok((serde_json::from_slice(&answer.text)?, answer))
    }
}

/// Reads a body that is sent in chunks, each after its length.
fn read_chunks(stream: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim(), 16).context("the length of a chunk")?;
        let begin = body.len();
        body.resize(begin + length, 0);
        if let Some(chunk) = body.get_mut(begin..) {
            stream.read_exact(chunk)?;
        }
        stream.read_line(&mut String::new())?;
        if length == 0 {
            return Ok(body);
        }
    }
}

/// The median, the 99th percentile and the largest.
fn summarise(mut times: Vec<f64>) -> Value {
    times.sort_by(f64::total_cmp);
    let at = |part: usize| {
        let place = (times.len() * part).div_ceil(100).max(1) - 1;
        times.get(place).copied().unwrap_or(0.0)
    };
    json!({ "runs": times.len(), "p50": at(50), "p99": at(99), "most": at(100) })
}

/// Asks for every day, then for year, month, search and gallery, several times each; `quick` asks for fewer.
///
/// # Errors
/// When the link is not valid, or an answer is not as it must be for the year of [`crate::year`].
pub(crate) fn ask_page(link: &str, quick: bool) -> Result<Value> {
    let page = PageClient::sign_in(link)?;
    let days = ask_days(&page, if quick { 12 } else { 1 })?;

    let runs = if quick { 2 } else { 5 };
    let (from, to) = (YEAR.0.to_string(), YEAR.1.to_string());
    let (app, app_bytes) = ask_range(&page, runs, "app", &from, &to)?;
    let (category, _) = ask_range(&page, runs, "category", &from, &to)?;
    let (project, _) = ask_range(&page, runs, "project", &from, &to)?;
    let (month, _) = ask_range(&page, runs, "category", "2025-12-01", "2025-12-31")?;

    // Not in the year, a few times in the year, and on most days.
    let none = search_year(&page, runs, "%22zebra%22")?;
    let seldom = search_year(&page, runs, "client+996")?;
    let often = search_year(&page, runs, "figures")?;
    ensure!(
        none.1 == 0 && seldom.1 > 0 && often.1 > 200,
        "{none:?} {seldom:?} {often:?}"
    );

    Ok(json!({
        "day": summarise(days.first), "day_again": summarise(days.again),
        "day_bytes": days.most_bytes,
        "year_app": app, "year_bytes": app_bytes,
        "year_category": category,
        "year_project": project,
        "month_category": month,
        "search_none": none.0, "search_seldom": seldom.0, "search_often": often.0,
        "gallery": summarise(ask_gallery(&page, runs)?),
    }))
}

/// Times of the day view, in milliseconds.
#[derive(Default)]
struct DayTimes {
    /// The first question for a day, which writes a notice.
    first: Vec<f64>,
    /// The second question for the same day.
    again: Vec<f64>,
    most_bytes: usize,
}

/// Asks for every `step`th day of the year, twice.
fn ask_days(page: &PageClient, step: usize) -> Result<DayTimes> {
    let mut times = DayTimes::default();
    for day in YEAR
        .0
        .series(jiff::Span::new().days(1))
        .take_while(|day| *day <= YEAR.1)
        .step_by(step)
    {
        let target = format!("/api/day?day={day}");
        let (view, answer) = page.get_json(&target)?;
        let pieces = view["pieces"].as_array().map_or(0, Vec::len);
        let shots = view["shots"].as_array().map_or(0, Vec::len);
        ensure!(pieces > 400, "{day} has {pieces} pieces");
        ensure!(
            shots == SCREENSHOTS_PER_DAY,
            "{day} has {shots} screenshots"
        );
        times.most_bytes = times.most_bytes.max(answer.bytes);
        times.first.push(answer.ms);
        times.again.push(page.send(&target, None)?.ms);
    }
    Ok(times)
}

/// The slowest answer in milliseconds, and its size: the first one is the one that a person waits for.
fn ask_range(
    page: &PageClient,
    runs: usize,
    by: &str,
    first: &str,
    last: &str,
) -> Result<(f64, usize)> {
    let (mut slowest, mut bytes) = (0.0_f64, 0);
    let target = format!("/api/days?first={first}&last={last}&by={by}");
    for _ in 0..runs {
        let (view, answer) = page.get_json(&target)?;
        ensure!(
            view["names"].as_array().is_some_and(|n| n.len() > 2),
            "{view}"
        );
        slowest = slowest.max(answer.ms);
        bytes = answer.bytes;
    }
    Ok((slowest, bytes))
}

/// The slowest search of the year in milliseconds, and the number of hits.
fn search_year(page: &PageClient, runs: usize, words: &str) -> Result<(f64, usize)> {
    let (mut slowest, mut hits) = (0.0_f64, 0);
    let target = format!("/api/search?q={words}&first={}&last={}", YEAR.0, YEAR.1);
    for _ in 0..runs {
        let answer = page.send(&target, None)?;
        let lines = answer.text.split(|b| *b == b'\n');
        let lines = lines.filter_map(|l| serde_json::from_slice::<Value>(l).ok());
        hits = lines
            .map(|l| l["hits"].as_array().map_or(0, Vec::len))
            .sum();
        slowest = slowest.max(answer.ms);
    }
    Ok((slowest, hits))
}

/// Times of the gallery with and without filters, in milliseconds.
fn ask_gallery(page: &PageClient, runs: usize) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    for target in [
        "/api/shots".to_owned(),
        format!("/api/shots?day={}", YEAR.0),
        "/api/shots?q=zebra".to_owned(),
        "/api/shots?app=Gimp".to_owned(),
    ] {
        for _ in 0..runs {
            times.push(page.send(&target, None)?.ms);
        }
    }
    Ok(times)
}
