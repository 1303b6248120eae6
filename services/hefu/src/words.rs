//! Words of the wire as words for people: the same code for programs in any language, and a Chinese word beside it. A value of an
//! enum that has no line here does not compile.

use std::borrow::Cow;

use hefu_proto::v1;
use hefu_types::Decimal;

use crate::output::{Number, Time, Word};

/// The name of a number of an enum, lower-case, without its prefix; empty for "not given", the number for a newer one.
pub(crate) fn word<E: TryFrom<i32>>(number: i32, name: impl Fn(&E) -> &'static str, prefix: &str) -> String {
    match E::try_from(number) {
        _ if number == 0 => String::new(),
        Ok(value) => name(&value).trim_start_matches(prefix).trim_start_matches('_').to_ascii_lowercase(),
        Err(_) => number.to_string(),
    }
}

macro_rules! words {
    ($($function:ident $name:ident $prefix:literal { $($variant:ident $chinese:literal)+ })+) => {$(
        pub(crate) fn $function(number: i32) -> Word {
            let chinese = v1::$name::try_from(number).ok().and_then(|value| match value {
                v1::$name::Unspecified => None,
                $(v1::$name::$variant => Some($chinese),)+
            });
            Word::new(word(number, v1::$name::as_str_name, $prefix), chinese)
        }
    )+};
}

words! {
    role Role "ROLE" {
        Admin "管理" Office "办公室" Operator "运营" Reporter "填报" Approver "审核" Auditor "审计" Trader "交易"
    }
    member_type MemberType "MEMBER_TYPE" {
        Department "部门" AreaGovernment "地方政府" Enterprise "企业" Institution "事业单位" Platform "平台"
    }
    member_status MemberStatus "MEMBER_STATUS" { Active "正常" Suspended "暂停" Withdrawn "已退出" }
    conference_role ConferenceRole "CONFERENCE_ROLE" { Convener "召集人" DeputyConvener "副召集人" Member "成员" }
    revocation_reason RevocationReason "REVOCATION_REASON" { Superseded "已更换" Compromised "已失密" Ceased "已停用" }
    challenge_state ChallengeState "CHALLENGE_STATE" {
        Open "待答复" Overdue "逾期未答复" Answered "已答复" Upheld "质疑成立" Dismissed "质疑不成立" Withdrawn "已撤回"
    }
    opinion Opinion "OPINION" { Unqualified "无保留" Qualified "保留" Adverse "否定" }
    report_status ReportStatus "REPORT_STATUS" {
        NotDue "未开始" Open "填报中" Submitted "已提交" Approved "已审核" Accepted "已验收" Returned "已退回" Stale "失效"
        Locked "已锁定" Overdue "逾期" Nil "零报告"
    }
    report_step ReportStepKind "REPORT_STEP_KIND" {
        Submitted "提交" Nil "零报告" Approved "审核" Returned "退回" Accepted "验收"
    }
    target_status TargetStatus "TARGET_STATUS" { NoReport "未填报" Met "已达标" OnTrack "进度正常" AtRisk "存在风险" Behind "进度滞后" Withheld "未公开" }
    forecast_method ForecastMethod "FORECAST_METHOD" { Linear "线性外推" RunRate "按日均外推" }
    roll_up RollUp "ROLL_UP" { None "不汇总" Sum "求和" Last "取最新" Max "取最大" WeightedMean "加权平均" }
    target_verdict TargetVerdict "TARGET_VERDICT" {
        Reached "足以达成" Short "不足" Incomplete "不完整" Undecided "无法判定"
    }
    strength Strength "STRENGTH" { Hard "约束性" Stretch "争取" }
    qualifier Qualifier "QUALIFIER" { Exact "准确" AtLeast "不少于" Approx "约" MoreThan "超过" }
    evidence_role EvidenceRole "EVIDENCE_ROLE" {
        Plan "规划" Definition "指标定义" Target "目标值" Authority "授权" Value "现值" Superseded "旧值" Baseline "基期值" Part "组成值"
    }
}

macro_rules! named {
    ($(#[doc = $doc:expr])+ $function:ident $list:ident { $($code:literal $chinese:literal)+ }) => {
        const $list: &[(&str, &str)] = &[$(($code, $chinese),)+];

        $(#[doc = $doc])+
        pub(crate) fn $function(code: impl Into<Cow<'static, str>>) -> Word {
            let code = code.into();
            let known = $list.iter().find(|(known, _)| *known == code);
            Word::new(code, known.map(|(_, chinese)| *chinese))
        }
    };
}

named! {
    /// The kind of an event.
    event_kind EVENT_KINDS {
        "ledger_opened" "账本创建"
        "member_admitted" "接纳成员单位"
        "member_suspended" "暂停成员单位"
        "member_reinstated" "恢复成员单位"
        "member_withdrawn" "成员单位退出"
        "key_enrolled" "登记密钥"
        "key_revoked" "吊销密钥"
        "role_granted" "授予角色"
        "role_revoked" "取消角色"
        "office_key_replaced" "更换办公室密钥"
        "rules_activated" "启用规则"
        "plan_published" "发布规划"
        "task_defined" "定义任务"
        "milestone_set" "设定里程碑"
        "indicator_defined" "定义指标"
        "indicator_revised" "修订指标"
        "indicator_retired" "停用指标"
        "target_set" "设定目标值"
        "target_adjusted" "调整目标值"
        "trajectory_declared" "声明目标路径"
        "reporting_cycle_opened" "开启填报周期"
        "lock_exception_granted" "准予锁定豁免"
        "observation_reported" "填报观测值"
        "observation_retracted" "撤回观测值"
        "nil_report_declared" "声明零报告"
        "report_submitted" "提交报表"
        "report_approved" "审核报表"
        "report_returned" "退回报表"
        "report_accepted" "验收报表"
        "observation_attested" "出具审计意见"
        "observation_challenged" "提出质疑"
        "challenge_answered" "答复质疑"
        "challenge_resolved" "质疑办结"
        "value_erased" "删除数值"
        "reporting_delegated" "委托填报"
        "delegation_ended" "终止委托"
        "checkpoint_key_replaced" "更换检查点密钥"
        "views_recorded" "记录视图"
    }
}

named! {
    /// What became of a cell since a report's last step.
    cell_state CELL_STATES { "added" "新增" "changed" "已变动" "gone" "已撤回" "missing" "缺报" }
}

named! {
    /// A state of a report, an opinion, a challenge or a member.
    state STATES {
        "submitted" "已提交" "nil" "零报告" "approved" "已审核" "returned" "已退回" "accepted" "已验收"
        "open" "待答复" "overdue" "逾期未答复" "answered" "已答复" "upheld" "质疑成立" "dismissed" "质疑不成立"
        "withdrawn" "已撤回" "unqualified" "无保留" "qualified" "保留" "adverse" "否定"
        "active" "正常" "suspended" "暂停"
    }
}

/// What stood before an event of this kind, or stands since: a state where events of the kind lead from one to another.
pub(crate) fn stood(kind: &str, text: String) -> Word {
    match kind.split_once('_') {
        Some(("member", "withdrawn")) if text == "withdrawn" => Word::new(text, Some("已退出")),
        Some(("report" | "nil" | "challenge" | "member", _)) => state(text),
        _ if matches!(kind, "observation_attested" | "observation_challenged") => state(text),
        _ => Word::new(text, None::<String>),
    }
}

/// The status of an observation: one letter, as SDMX writes it.
pub(crate) fn obs_status(number: i32) -> String {
    word(number, v1::ObsStatus::as_str_name, "OBS_STATUS").to_ascii_uppercase()
}

/// The confidentiality status of an observation: one letter, as SDMX writes it; F for free.
pub(crate) fn conf_status(number: i32) -> String {
    match word(number, v1::ConfStatus::as_str_name, "CONF_STATUS").to_ascii_uppercase() {
        free if free.is_empty() => "F".to_owned(),
        status => status,
    }
}

/// A time, if there is one.
pub(crate) fn time(millis: i64) -> Option<Time> {
    (millis != 0).then_some(Time(millis))
}

/// A file behind a value: its hash, and where it can be had.
pub(crate) fn evidence(file: &v1::EvidenceFile) -> String {
    format!("blake3:{} {} {} {}", hex::encode(&file.blake3), file.size, file.media_type, file.uri).trim_end().to_owned()
}

/// The sign of a comparator.
pub(crate) fn comparator(number: i32) -> String {
    match v1::Comparator::try_from(number) {
        Ok(v1::Comparator::AtLeast) => "≥".into(),
        Ok(v1::Comparator::MoreThan) => ">".into(),
        Ok(v1::Comparator::Equal) => "=".into(),
        Ok(v1::Comparator::AtMost) => "≤".into(),
        Ok(v1::Comparator::LessThan) => "<".into(),
        Ok(v1::Comparator::Unspecified) => String::new(),
        Err(_) => number.to_string(),
    }
}

/// A decimal of the wire.
pub(crate) fn decimal(message: &v1::Decimal) -> Option<Decimal> {
    Decimal::new(message.units, message.scale).ok()
}

/// A decimal of the wire, in its written form.
pub(crate) fn number(message: Option<&v1::Decimal>) -> Option<Number> {
    message.and_then(decimal).map(|value| Number(value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    #[test]
    fn words_lose_their_prefix_only() {
        assert_eq!(role(v1::Role::Reporter as i32).code(), "reporter");
        assert_eq!(target_status(v1::TargetStatus::NoReport as i32).code(), "no_report");
        assert_eq!(conference_role(0), Word::default());
        assert_eq!(obs_status(v1::ObsStatus::B as i32), "B");
        assert_eq!(role(99).code(), "99");
        assert_eq!((conf_status(0).as_str(), conf_status(v1::ConfStatus::N as i32).as_str()), ("F", "N"));
        assert_eq!(comparator(v1::Comparator::AtMost as i32), "≤");
        assert_eq!(number(Some(&v1::Decimal { units: -150, scale: 2 })), Some(Number("-1.50".into())));
    }

    #[test]
    fn a_word_is_said_in_both_languages() {
        let status = report_status(v1::ReportStatus::Overdue as i32);
        assert_eq!([status.said(Lang::En), status.said(Lang::Zh)], ["overdue", "逾期"]);
        assert_eq!(role(99).said(Lang::Zh), "99", "a newer one");
    }

    #[test]
    fn only_states_are_translated() {
        let said = |kind: &str, text: &str| stood(kind, text.into()).said(Lang::Zh).to_owned();
        assert_eq!([said("report_returned", "returned"), said("milestone_set", "open")], ["已退回", "open"]);
        assert_eq!(
            [said("member_withdrawn", "withdrawn"), said("challenge_resolved", "withdrawn")],
            ["已退出", "已撤回"]
        );
    }

    #[test]
    fn every_kind_of_event_has_a_chinese_word() {
        let missing = |kind: &&&str| EVENT_KINDS.iter().all(|(known, _)| *known != **kind);
        let missing: Vec<_> = hefu_types::Event::KINDS.iter().filter(missing).collect();
        assert!(missing.is_empty(), "add them to words.rs: {missing:?}");
    }
}
