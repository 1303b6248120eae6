//! The rows of the suite: what each measures, with what, and the bars it is held to.

use crate::board::{self, Asked};
use crate::figure::{Figure, Of};
use crate::ledger::{Ledger, MEMBERS, Shape};
use crate::load::Load;
use crate::offline::{Exported, Facts};
use crate::peers::{self, Clients, Said};
use crate::report::{Details, Outcome};
use crate::suite::{Suite, WIDE};
use crate::trial::Run;

/// A row.
pub(crate) struct Row {
    /// As `--only` takes it.
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&mut Suite, &Row) -> anyhow::Result<Outcome>,
}

/// Every row, in the order in which they run.
pub(crate) const ROWS: &[Row] = &[
    Row { name: "stream", about: "one stream, 256 unanswered, with receipts", run: stream },
    Row { name: "unary", about: "a call each, 256 in flight over 4 connections, with receipts", run: unary },
    Row {
        name: "hundred",
        about: "submissions of 100 events, one stream, 256 unanswered, with receipts",
        run: hundred,
    },
    Row { name: "one-unary", about: "one client, a call at a time", run: one_unary },
    Row { name: "one-stream", about: "one client, one unanswered on a stream", run: one_stream },
    Row { name: "open", about: "half as many a second as the stream took, whatever is answered when", run: open },
    Row {
        name: "board",
        about: "50 boards a second, while half as many submissions come in as the stream took",
        run: board,
    },
    Row { name: "receipts", about: "the stream with receipts beside the stream without, in turns", run: receipts },
    Row { name: "verify", about: "hefu verify on an export, the whole process", run: verify },
    Row { name: "replay", about: "hefu replay on an export, all views, the whole process", run: replay },
    Row { name: "disk", about: "the server's folder, compacted, beside the bytes of its entries", run: disk },
];

/// Rows of a run with peers, after the stream that they are compared with.
pub(crate) const PEERS: &[Row] = &[
    Row { name: "stream", about: "one stream, 256 unanswered, with receipts", run: stream },
    Row { name: "unary", about: "a call each, 256 in flight over 4 connections, with receipts", run: unary },
    Row { name: "umadb", about: "UmaDB, 256 appends at a time over 4 connections", run: umadb },
    Row { name: "postgresql", about: "PostgreSQL with a hash chain, as many clients as are best", run: postgresql },
];

const STREAM: Load = Load::Stream { in_flight: WIDE, receipts: true };
const DECLINED: Load = Load::Stream { in_flight: WIDE, receipts: false };

/// Calls, as many at a time as are unanswered on the stream.
pub(crate) const CALLS: Load = Load::Unary { in_flight: WIDE, connections: 4 };

/// A key for each of the calls in flight: a key's submissions follow one another, and calls overtake each other.
pub(crate) const CALLERS: Shape = Shape { keys: WIDE, events: 1 };

/// Submissions of an export: of one event each, and of a hundred.
const EXPORTED: usize = 300_000;
const HUNDREDS: usize = 3_000;

/// The stream with receipts and without, in turns: so many pairs a run.
const PAIRS: usize = 2;

fn stream(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let speed = |runs: &[Run]| vec![submissions(runs).at_least(0.60, 0.80)];
    load(suite, row, Shape::SINGLE, STREAM, speed)
}

fn unary(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let speed = |runs: &[Run]| vec![submissions(runs).at_least(0.35, 0.50)];
    load(suite, row, CALLERS, CALLS, speed)
}

fn hundred(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let speed = |runs: &[Run]| {
        let events = runs.iter().map(|run| run.submissions_per_second * 100.0).collect();
        let events = Figure::speed("events", "/s", events).of(Of::VerificationsAside);
        let settled = runs.iter().map(|run| run.settled_per_second * 100.0).collect();
        let settled = Figure::speed("events, until the views have them", "/s", settled).of(Of::VerificationsAside);
        vec![events.at_least(700_000.0, 1_400_000.0), settled]
    };
    load(suite, row, Shape::HUNDRED, STREAM, speed)
}

fn one_unary(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let wait = |runs: &[Run]| vec![submissions(runs), beyond_syncs(runs).at_most(0.40, 0.25)];
    load(suite, row, Shape::SINGLE, Load::Unary { in_flight: 1, connections: 1 }, wait)
}

fn one_stream(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let wait = |runs: &[Run]| vec![submissions(runs), beyond_syncs(runs)];
    load(suite, row, Shape::SINGLE, Load::Stream { in_flight: 1, receipts: true }, wait)
}

fn open(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let per_second = suite.stream_rate()? / 2.0;
    let wait = |runs: &[Run]| {
        let waits = runs.iter().map(|run| run.p99_micros as f64 / 1e3).collect();
        let kept = runs.iter().map(|run| run.submissions_per_second / per_second).collect();
        vec![
            submissions(runs),
            Figure::plain("of the rate that was asked", "", kept),
            Figure::plain("p99", "ms", waits).at_most(15.0, 6.0),
        ]
    };
    load(suite, row, Shape::SINGLE, Load::Paced { per_second }, wait)
}

fn board(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let per_second = suite.stream_rate()? / 2.0;
    let (data, time, runs) = (suite.data(), suite.time(), suite.runs);
    let load = Load::Paced { per_second };
    let ledger = suite.ledger_for(Shape::SINGLE, load);
    let asked = (0..runs).map(|_| board::run(&data, ledger, per_second, time)).collect::<anyhow::Result<Vec<_>>>()?;
    let of = |value: fn(&Asked) -> u64| asked.iter().map(|asked| value(asked) as f64 / 1e3).collect();
    let figures = vec![
        Figure::plain("board, p99", "ms", of(|asked| asked.p99_micros)).at_most(20.0, 5.0),
        Figure::plain("board, p50", "ms", of(|asked| asked.p50_micros)),
        Figure::plain("submissions beside, p99", "ms", of(|asked| asked.submission_p99_micros)),
    ];
    let setting = format!(
        "{}, 59 indicators with a target each, {:.0} submissions/s",
        setting(suite, Shape::SINGLE, load),
        per_second
    );
    Ok(Outcome::new(row, setting, figures, Details::Boards(asked)))
}

fn receipts(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let (mut runs, mut shares) = (vec![], vec![]);
    for _ in 0..suite.runs * PAIRS {
        let (with, without) = (suite.run(Shape::SINGLE, STREAM)?, suite.run(Shape::SINGLE, DECLINED)?);
        shares.push(with.submissions_per_second / without.submissions_per_second);
        runs.extend([with, without]);
    }
    let setting = setting(suite, Shape::SINGLE, STREAM);
    let figures = vec![Figure::plain("with receipts, of without", "", shares)];
    Ok(Outcome::new(row, setting, figures, Details::Loads(runs)))
}

fn verify(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let runs = suite.runs;
    let exported = suite.exported(Shape::SINGLE, EXPORTED)?;
    let rates = (0..runs).map(|_| exported.verify()).collect::<anyhow::Result<_>>()?;
    let figures = vec![Figure::speed("entries", "/s", rates).at_least(2.5, 3.8)];
    Ok(Outcome::new(row, describe(exported), figures, Details::Exported(exported.facts.clone())))
}

fn replay(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let (runs, mut figures) = (suite.runs, vec![]);
    let names = [["events", "events, views alone"], ["events of hundreds", "events of hundreds, views alone"]];
    for (shape, submissions, [whole, views]) in
        [(Shape::SINGLE, EXPORTED, names[0]), (Shape::HUNDRED, HUNDREDS, names[1])]
    {
        let exported = suite.exported(shape, submissions)?;
        let rates = (0..runs).map(|_| exported.replay()).collect::<anyhow::Result<_>>()?;
        figures.push(Figure::speed(whole, "/s", rates).of(Of::VerificationsAside).at_least(400_000.0, 1_000_000.0));
        let rates = (0..runs).map(|_| exported.build_views()).collect::<anyhow::Result<_>>()?;
        figures.push(Figure::speed(views, "/s", rates).of(Of::VerificationsAside).at_least(400_000.0, 1_000_000.0));
    }
    let setting = [(Shape::SINGLE, EXPORTED), (Shape::HUNDRED, HUNDREDS)]
        .map(|(shape, submissions)| suite.exported(shape, submissions).map(describe));
    let [single, hundred] = setting;
    Ok(Outcome::new(row, format!("{}; and {}", single?, hundred?), figures, Details::None))
}

fn disk(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let exported = suite.exported(Shape::SINGLE, EXPORTED)?;
    let share = |bytes: u64| vec![bytes as f64 / exported.facts.entry_bytes as f64];
    let figures = vec![
        Figure::plain("compacted, of entries", "", share(exported.facts.compacted_bytes)).at_most(1.5, 1.2),
        Figure::plain("as stopped, of entries", "", share(exported.facts.data_bytes)),
    ];
    Ok(Outcome::new(row, describe(exported), figures, Details::Exported(exported.facts.clone())))
}

fn umadb(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let (folder, programs, runs, time) = (suite.folder(), suite.peers()?, suite.runs, suite.time());
    if !programs.join("umadb").is_file() {
        return Ok(Outcome::skipped(
            row,
            "its server was not built, which takes protoc (Debian package protobuf-compiler)",
        ));
    }
    let (stream, unary) = (suite.stream_rate()?, suite.unary_rate()?);
    let load = CALLS;
    let once = |ledger: &Ledger| peers::umadb(&programs, &folder, ledger, time);
    let runs = (0..runs).map(|_| suite.run_with(CALLERS, load, once)).collect::<anyhow::Result<Vec<_>>>()?;
    let rates: Vec<f64> = runs.iter().map(|run| run.submissions_per_second).collect();
    let shares = rates.iter().map(|rate| stream / rate).collect();
    let unary = rates.iter().map(|rate| unary / rate).collect();
    let figures = vec![
        Figure::speed("appends", "/s", rates),
        Figure::plain("our stream, of UmaDB", "", shares).at_least(1.0, 1.6),
        Figure::plain("our unary, of UmaDB", "", unary),
    ];
    let setting = format!("4 connections, events of {} bytes with a tag each, a fresh store", suite.payload_bytes());
    Ok(Outcome::new(row, setting, figures, Details::Loads(runs)))
}

fn postgresql(suite: &mut Suite, row: &Row) -> anyhow::Result<Outcome> {
    let (folder, programs, bytes) = (suite.folder(), suite.peers()?, suite.payload_bytes());
    let stream = suite.stream_rate()?;
    let mut best: Vec<Clients> = vec![];
    for _ in 0..suite.runs {
        let mut measured = vec![];
        for said in peers::postgresql(&programs, &folder, suite.seconds, bytes)? {
            match said {
                Said::Skipped(reason) => return Ok(Outcome::skipped(row, &reason)),
                Said::Measured(clients) => measured.push(clients),
            }
        }
        best.extend(measured.into_iter().max_by(|a, b| a.appends_per_second.total_cmp(&b.appends_per_second)));
    }
    let rates: Vec<f64> = best.iter().map(|clients| clients.appends_per_second).collect();
    let shares = rates.iter().map(|rate| stream / rate).collect();
    let figures = vec![
        Figure::speed("appends", "/s", rates),
        Figure::plain("clients that were best", "", best.iter().map(|best| best.clients as f64).collect()),
        Figure::plain("our stream, of PostgreSQL", "", shares).at_least(8.0, 15.0),
    ];
    let setting = format!("1 to 64 clients, a connection and a key each, payloads of {bytes} bytes, a fresh cluster");
    Ok(Outcome::new(row, setting, figures, Details::Clients(best)))
}

/// What was exported, in words.
fn describe(exported: &Exported) -> String {
    let Facts { entries, events, entry_bytes, .. } = exported.facts;
    let (keys, bytes) = (exported.shape.keys, entry_bytes / entries.max(1));
    format!("{keys} keys, {entries} entries of {bytes} bytes, {events} events")
}

/// Runs a load several times.
fn load(
    suite: &mut Suite,
    row: &Row,
    shape: Shape,
    load: Load,
    figures: impl Fn(&[Run]) -> Vec<Figure>,
) -> anyhow::Result<Outcome> {
    let runs = suite.runs(shape, load)?;
    Ok(Outcome::new(row, setting(suite, shape, load), figures(&runs), Details::Loads(runs)))
}

fn submissions(runs: &[Run]) -> Figure {
    Figure::speed("submissions", "/s", runs.iter().map(|run| run.submissions_per_second).collect())
}

/// Half of the answers come sooner.
fn beyond_syncs(runs: &[Run]) -> Figure {
    let waits = runs.iter().map(|run| run.p50_micros as f64 / 1e3).collect();
    Figure::plain("p50", "ms", waits).of(Of::TwoSyncs)
}

/// With what it was measured, in words.
pub(crate) fn setting(suite: &mut Suite, shape: Shape, load: Load) -> String {
    let bytes = suite.entry_bytes(shape);
    let Shape { keys, events } = shape;
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let connections = load.connections();
    format!(
        "{MEMBERS} members, {keys} keys, {connections} connection{}, entries of {bytes} bytes, {events} event{} each, a fresh ledger",
        plural(connections),
        plural(events)
    )
}
