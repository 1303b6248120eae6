//! What this program finds by itself, in Chinese. The English causes are in `codes.rs`, the English remedies where it is found.

/// Cause and remedy of a code in Chinese.
pub(crate) fn chinese(code: &str) -> Option<(&'static str, &'static str)> {
    match hefu_types::Reason::from_code(code) {
        Some(reason) => Some(super::reasons::chinese(reason)),
        None => LOCAL.iter().find(|(local, ..)| *local == code).map(|(_, cause, remedy)| (*cause, *remedy)),
    }
}

#[rustfmt::skip]
const LOCAL: &[(&str, &str, &str)] = &[
    ("USAGE", "命令行选项、表格文件或目录不符合命令的要求。", "请按详情改正；用 `--help` 查看用法。"),
    ("FILE_IO", "文件或目录无法读写。", "请检查路径和权限。"),
    ("FILE_EXISTS", "要写入的文件已存在；任何内容都不会被覆盖。", "请换一个文件名，或移走该文件。"),
    ("FEATURE_MISSING", "程序构建时未包含该命令所需的功能，如 `xlsx`。", "请改用 CSV，或以默认功能重新构建 hefu。"),
    ("OUTPUT_IO", "无法写出结果。", "请检查标准输出及其所在磁盘。"),
    ("KEY_FILE_IO", "密钥文件无法读写。", "请检查路径和权限。"),
    ("KEY_FILE_EXISTS", "新密钥的文件已存在。", "请换一个文件名；密钥文件从不覆盖。"),
    ("KEY_FILE_INVALID", "密钥文件中没有 PKCS#8 PEM 格式的 Ed25519 密钥。", "请给出 `hefu key new` 生成的文件。"),
    ("KEY_PASSPHRASE_WRONG", "口令打不开密钥文件。", "请给出生成密钥时的口令。"),
    ("SERVER_ADDRESS_INVALID", "服务端地址缺少协议、主机或端口，或要求 TLS。", "请写明协议、主机和端口，如 http://127.0.0.1:7400。"),
    ("SERVER_UNREACHABLE", "在 `--patience` 所定的时间内没有得到应答。", "请检查地址以及服务端是否在运行，然后重新执行。"),
    ("ANSWER_INVALID", "服务端的应答不符合协议。", "请使用同一版本的客户端和服务端。"),
    ("LOG_BROKEN", "服务端发来的条目不相连，或不以其末尾结束。", "请保留现有内容并交审计人员：日志从不改变。"),
    ("LEDGER_ROLLED_BACK", "服务端已没有此前答复过位置的提交。", "请保留发件箱并交审计人员；查明之前不要提交。"),
    ("OUTBOX_IO", "密钥发件箱中的文件无法读写。", "请检查发件箱目录及其权限。"),
    ("OUTBOX_BUSY", "另一个程序正在用这把密钥书写。", "请等它结束，或停止它。"),
    ("OUTBOX_FOREIGN", "发件箱属于另一个账本或另一把密钥。", "请使用与密钥相符的发件箱。"),
    ("OUTBOX_DAMAGED", "发件箱中的文件与写入时不符。", "请保留发件箱；登记一把新密钥。"),
    ("OUTBOX_BEHIND", "服务端已有该密钥的提交，发件箱中却没有。", "请使用最新的发件箱；一把密钥只能由一处书写。"),
    ("OUTBOX_DIVERGED", "同一编号下，服务端的提交与发件箱中的不同。", "请保留发件箱；登记一把新密钥。"),
    ("EXPORT_AHEAD", "导出的条目多于服务端的日志（4），或多于 `--size` 所要求的（2）。", "请保留该导出；需要较小的导出时请导出到新目录。"),
    ("EXPORT_DIFFERS", "目录中的内容不是服务端日志的开头部分。", "请保留该导出，它是证据；交审计人员。"),
    ("RECEIPT_INVALID", "回执无法读取，或在日志密钥下不能证明其提交。", "请保留回执和提交，它们是证据；交审计人员。"),
    ("RECEIPT_CONTRADICTED", "日志签署或证明的内容与回执矛盾；证据已指明。", "请确认策略含有该日志的全部密钥；若属实，请保留目录并交审计人员，查明之前不要提交。"),
    ("POLICY_INVALID", "策略没有写明日志，无法据以核对回执。", "请为日志用过的每把密钥添加一行 `log <vkey>`。"),
    ("CHECKPOINT_INVALID", "检查点无法读取，或不是由日志密钥签署。", "请保留该检查点；确认密钥属于该日志。"),
    ("LOG_FORKED", "日志签署了两个不属于同一历史的检查点。", "请保留证据，交审计人员、日志运营单位和见证人。"),
    ("LOG_ROLLED_BACK", "日志显示的条目少于此前签署的；对回执而言，超过了 `--late`。", "请保留证据，交审计人员、日志运营单位和见证人。"),
    ("TILES_INVALID", "网址上的瓦片与其检查点不符，无法判断检查点所涵盖的内容。", "请保留证据，交日志运营单位。"),
    ("QUORUM_OVERDUE", "网址上的检查点缺少法定数见证签名的时间超过了 `--late`。", "请联系日志运营单位和见证人。"),
    ("VERIFICATION_FAILED", "有条目不相符；详情写明序号、错处和应有的内容。", "请保留该导出，它是证据；交审计人员。"),
    ("SUBMISSION_OMITTED", "已答复的提交不在导出中所答复的位置。", "请保留导出和发件箱，用 `hefu receipt verify` 出示回执。"),
    ("KEY_CHAIN_BROKEN", "导出中某密钥的提交没有连续编号、逐条相连。", "请保留该导出，它是证据；向密钥持有人索取发件箱并用 --outbox 比对。"),
    ("NEWER_THAN_TOOL", "有条目已相连，但其版本或字段是本程序不认识的。", "请使用较新的程序；这不等于篡改。"),
    ("WITNESS_BUSY", "另一个见证人正在使用同一目录。", "请先停止另一个见证人。"),
    ("WITNESS_DAMAGED", "见证人目录中的文件与其写入的不符。", "请恢复见证人最后写入的文件；较旧的文件会放过分叉。"),
    ("NOTHING_TO_RECORD", "服务端还没有任何视图处理过条目。", "请在日志有条目之后再执行。"),
    ("VIEW_DIFFERS", "日志所记的视图摘要与重放条目得到的不同。", "请先核验导出；若导出无误，则运营单位的视图与日志不符：保留导出并出示。"),
    ("REPLAY_FAILED", "导出无法重放。", "请先核验导出；若导出无误，请告知开发者。"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_chinese_cause_and_remedy() {
        let missing: Vec<&str> = crate::codes::local().filter(|code| chinese(code).is_none()).collect();
        assert!(missing.is_empty(), "add them to lang/codes.rs: {missing:?}");
        let english = |text: &str| !text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let all = hefu_types::Reason::ALL.iter().map(|reason| reason.code()).chain(crate::codes::local());
        let alone: Vec<&str> =
            all.filter(|code| chinese(code).is_some_and(|(c, r)| english(c) || english(r))).collect();
        assert!(alone.is_empty(), "{alone:?}");
    }
}
