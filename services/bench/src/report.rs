//! The figures, for people and as JSON.

use std::fmt;

use serde::Serialize;

use crate::limits::{Limits, Machine};
use crate::load::{Measured, Way};
use crate::long::Long;
use crate::offline::Offline;

/// Everything that was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) limits: Limits,
    /// Members and keys, in words.
    pub(crate) ledger: String,
    pub(crate) loads: Vec<Load>,
    pub(crate) offline: Offline,
    /// Throughput with receipts as a part of that without, of each pair of loads.
    pub(crate) receipts: Vec<f64>,
    pub(crate) long: Option<Long>,
}

impl Report {
    /// Compares each load that declined receipts with the one before it, in words.
    pub(crate) fn compare_receipts(&mut self) -> String {
        let pairs = self.loads.windows(2).filter(|pair| pair[1].way == DECLINED);
        let mut ratios: Vec<f64> =
            pairs.map(|pair| pair[0].submissions_per_second / pair[1].submissions_per_second).collect();
        ratios.sort_by(f64::total_cmp);
        let percent = |n: usize| ratios.get(n).map_or(0.0, |ratio| ratio * 100.0);
        let (count, last) = (ratios.len(), ratios.len().saturating_sub(1));
        let text = format!(
            "with receipts         {:.1}% of the throughput without (median of {count} pairs; {:.1}% to {:.1}%)",
            percent(count / 2),
            percent(0),
            percent(last)
        );
        self.receipts = ratios;
        text
    }

    /// The machine and its limits.
    pub(crate) fn head(&self) -> String {
        let (Machine { cores, processor, load_before }, limits) = (&self.machine, &self.limits);
        format!(
            "{processor}, {cores} cores; load and server share them; {load_before:.1} processes were busy here before\n\n\
             strict verification   {:.0}/s on one core, {:.0}/s on all: the limit that speeds below are compared with\n\
             write and fdatasync   {} µs (p50), {} µs (p99)\n",
            limits.verifications_1_core, limits.verifications_all_cores, limits.sync_p50_micros, limits.sync_p99_micros
        )
    }
}

/// The way of a stream without receipts.
const DECLINED: &str = "declined";

/// One load.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Load {
    pub(crate) way: &'static str,
    pub(crate) in_flight: usize,
    pub(crate) connections: usize,
    pub(crate) keys: usize,
    pub(crate) submissions: u64,
    pub(crate) submissions_per_second: f64,
    /// Part of the strict verifications that all cores could do.
    pub(crate) of_verification_limit: f64,
    pub(crate) p50_micros: u64,
    pub(crate) p99_micros: u64,
}

impl Load {
    pub(crate) const HEAD: &str =
        "way      in flight  connections  keys   submissions/s   of limit     p50 ms     p99 ms";

    pub(crate) fn new(way: Way, measured: &Measured, limits: &Limits) -> Self {
        let submissions = measured.latencies.len();
        let per_second = submissions as f64 / measured.elapsed.as_secs_f64();
        Self {
            way: match way {
                Way::Unary { .. } => "unary",
                Way::Stream { receipts: true, .. } => "stream",
                Way::Stream { receipts: false, .. } => DECLINED,
            },
            in_flight: way.in_flight(),
            connections: way.connections(),
            keys: way.keys(crate::ledger::MEMBERS),
            submissions,
            submissions_per_second: per_second,
            of_verification_limit: per_second / limits.verifications_all_cores,
            p50_micros: measured.latencies.value_at_quantile(0.5),
            p99_micros: measured.latencies.value_at_quantile(0.99),
        }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { way, in_flight, connections, keys, submissions_per_second, of_verification_limit, .. } = self;
        let millis = |micros: u64| micros as f64 / 1_000.0;
        write!(
            f,
            "{way:<9}{in_flight:>9}{connections:>13}{keys:>6}{submissions_per_second:>16.0}{:>10.1}%{:>11.2}{:>11.2}",
            of_verification_limit * 100.0,
            millis(self.p50_micros),
            millis(self.p99_micros)
        )
    }
}
