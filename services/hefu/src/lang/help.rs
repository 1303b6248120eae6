//! `--help` in Chinese. The English stands with the commands, as their documentation; here is a line for each command and argument.

use clap::{Arg, ArgAction, Command};

use super::Lang;

/// The command line as it is explained in a language.
pub(crate) fn said(command: Command, lang: Lang) -> Command {
    match lang {
        Lang::En => command,
        Lang::Zh => chinese(command, ""),
    }
}

fn chinese(command: Command, path: &str) -> Command {
    let about = about(path);
    let command = match about {
        Some(about) => command.about(about).long_about(about.to_owned()),
        None => command,
    };
    let command = command
        .mut_args(|argument| {
            let heading = if argument.is_positional() { "参数" } else { "选项" };
            let argument = argument.help_heading(heading);
            match help(path, &argument) {
                Some(help) => argument.help(help).long_help(help.to_owned()),
                None => argument,
            }
        })
        .disable_help_flag(true)
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help("显示帮助（-h 为摘要）")
                .help_heading("选项"),
        )
        .help_template("{before-help}{about-with-newline}\n用法：{usage}\n\n{all-args}{after-help}")
        .subcommand_help_heading("命令");
    let command = if path.is_empty() { with_version(command).after_help(EXIT_CODES) } else { command };
    command.mut_subcommands(|inner| {
        let path = format!("{path} {}", inner.get_name());
        chinese(inner, path.trim_start())
    })
}

fn with_version(command: Command) -> Command {
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    command.disable_version_flag(true).arg(version.help("显示版本").help_heading("选项"))
}

/// What a command does, by its path.
fn about(path: &str) -> Option<&'static str> {
    COMMANDS.iter().find(|(known, _)| *known == path).map(|(_, about)| *about)
}

/// What an argument says: in this command, or anywhere.
fn help(path: &str, argument: &Arg) -> Option<&'static str> {
    let name = argument.get_long().unwrap_or_else(|| argument.get_id().as_str());
    let fits = |paths: &[&str]| paths.contains(&path);
    let of = |special: bool| {
        ARGUMENTS
            .iter()
            .find(|(known, paths, _)| *known == name && if special { fits(paths) } else { paths.is_empty() })
    };
    of(true).or_else(|| of(false)).map(|(_, _, help)| *help)
}

const EXIT_CODES: &str = "\
退出码：
  0  完成
  1  被拒绝，或检查未通过
  2  命令行或输入文件有误
  3  无法连接服务端，或无法确定是否入账：请重新执行
  4  核验未通过：日志或导出与应有的不符";

#[rustfmt::skip]
const COMMANDS: &[(&str, &str)] = &[
    ("", "hefu 账本的命令行：签名、提交、查询，以及离线核验"),
    ("key", "生成、查看、登记和吊销密钥"),
    ("key new", "生成私钥，写入只有本人可读的新文件"),
    ("key show", "显示私钥或公钥文件中的公钥"),
    ("key state", "向服务端查询密钥的状态"),
    ("key request", "生成带有新密钥自证的登记申请，供管理密钥或办公室签名"),
    ("key enrol", "登记密钥：管理密钥登记本单位的，办公室可（作为恢复）登记任何单位的"),
    ("key revoke", "吊销密钥；历史保持不变"),
    ("key replace", "用恢复密钥签名，更换办公室密钥"),
    ("key flagged", "列出已失密密钥所说且仍然有效的内容"),
    ("checkpoint-key", "更换签署日志检查点的密钥"),
    ("checkpoint-key replace", "由办公室记录：另一把密钥接替签署日志检查点的密钥"),
    ("role", "授予或取消本单位密钥的角色"),
    ("role grant", "授予本单位密钥一个角色"),
    ("role revoke", "取消本单位密钥的一个角色"),
    ("member", "接纳、暂停和查看成员单位"),
    ("member admit", "由办公室接纳成员单位及其第一把密钥"),
    ("member suspend", "由办公室暂停成员单位：恢复之前其密钥不能入账任何内容"),
    ("member reinstate", "由办公室解除暂停"),
    ("member withdraw", "成员单位永久退出；由办公室或该单位的管理密钥办理"),
    ("member list", "列出成员单位"),
    ("member show", "查看成员单位及其密钥"),
    ("plan", "发布和查看规划"),
    ("plan load", "发布内置规划及其任务、里程碑、指标和目标值，账本已有的跳过；由办公室在填报单位成为成员之后办理"),
    ("plan try", "在自己的账本上试用内置规划：为所有单位生成密钥、接纳它们并发布规划。此时您代表所有单位，切勿在他人填报的账本上使用"),
    ("plan list", "列出账本中的规划"),
    ("plan show", "查看账本中的规划及其各部分"),
    ("plan groups", "查看各部分的工作专班：牵头或配合其任务、里程碑和指标的单位"),
    ("plan units", "列出内置规划的单位，供 `member admit --from` 使用；不需要服务端"),
    ("plan reports", "输出内置规划的公开数据，供 `submit --csv` 使用（加 --output csv）；不需要服务端"),
    ("submit", "填报一个观测值，或从 CSV、XLSX 文件批量填报；已有且未变的不再入账"),
    ("value", "查阅和删除不公开的数值"),
    ("value open", "查阅不公开的数值，并与其承诺核对"),
    ("value erase", "永久删除不公开的数值；由填报单位或办公室签名"),
    ("retract", "撤回某指标、地区和报告期的现行观测值"),
    ("cycle", "开启填报周期，查看要求填报的内容"),
    ("cycle open", "由办公室要求各单位填报一个报告期"),
    ("cycle except", "由办公室准予锁定豁免，让单位在锁定的周期内填报一段时间"),
    ("cycle list", "列出填报周期"),
    ("report", "提交、审核、退回和验收报表，查看进展"),
    ("report status", "查看报表的进展"),
    ("report draft", "查看本单位报表将写明的内容、缺报的内容，以及提交时签署的哈希"),
    ("report template", "生成填报模板：本单位在周期内可填的所有项，填好后交 `hefu submit`"),
    ("report show", "查看报表的内容、缺报的内容，以及上一步之后的变动"),
    ("report history", "查看已办理的各步"),
    ("report submit", "提交本单位的报表：恰为现行有效的观测值"),
    ("report nil", "声明本单位零报告"),
    ("report approve", "由未填报其中内容的审核人审核本单位的报表"),
    ("report return", "退回报表：本单位的，或有权验收的"),
    ("report accept", "由办公室或牵头单位验收报表"),
    ("report rates", "统计应报和实报的报表"),
    ("attest", "对其他单位填报的观测值出具审计意见"),
    ("challenge", "对其他单位填报的观测值提出质疑、答复和裁定"),
    ("challenge raise", "质疑其他单位填报的观测值，要求限期答复"),
    ("challenge answer", "答复对本单位填报内容的质疑"),
    ("challenge resolve", "办结质疑：办公室裁定成立或不成立，提出单位撤回"),
    ("challenge list", "列出质疑"),
    ("opinions", "列出审计意见"),
    ("delegation", "委托其他单位代为填报，查看委托"),
    ("delegation grant", "委托另一单位代本单位填报，由应填报单位的管理密钥签名"),
    ("delegation end", "提前终止委托，由任一方的管理密钥签名"),
    ("delegation list", "列出委托，包括已终止和已到期的"),
    ("target", "调整目标值，声明目标路径，与下级地区的目标值对照"),
    ("target adjust", "调整目标值，原目标值仍可见；由办公室签名"),
    ("target trajectory", "声明通往目标值的路径，以代替直线；由办公室签名"),
    ("target check", "将每个目标值与下级地区的目标值对照：合起来是否足以达成？只报告结果，不拒绝任何目标"),
    ("roll-up", "列出由下级地区汇总所得的地区数值，以及缺报的地区"),
    ("due", "查看尚待填报的内容及截止时间"),
    ("board", "看板：各项指标与目标值对照"),
    ("series", "查看指标的观测值"),
    ("data", "将观测值导出为文件"),
    ("data export", "把某一时刻的观测值写入文件或标准输出：现行有效的，或每一版次"),
    ("diff", "查看两个时刻之间有何变更、由谁变更"),
    ("explain", "溯源：查看看板上数字背后的条目"),
    ("log", "读取、导出和跟踪日志"),
    ("log head", "输出日志末尾：规模和链哈希。请保存，凭它 `hefu verify` 能发现其后的任何改动"),
    ("log tail", "输出最近的条目；加 --output json 输出其全部内容"),
    ("log export", "把日志写成静态文件（C2SP tlog-tiles）：条目、树的瓦片和检查点，并输出所止的末尾。同一日志的已有导出经检查后续写，其中内容从不改动"),
    ("log serve", "通过 HTTP 提供导出，作为日志的镜像：检查点和瓦片（C2SP tlog-tiles），直到停止"),
    ("log watch", "跟踪日志：每个条目一行，不遗漏，直到停止"),
    ("receipt", "保存、检查和核验回执"),
    ("receipt save", "从密钥的发件箱复制回执及其提交，以便保存或转交"),
    ("receipt check", "就发件箱中尚未得到法定数见证签名的回执询问日志。能在见证过的检查点下证明的，换成可凭策略离线核验的回执；与之矛盾的作为证据保留"),
    ("receipt verify", "仅凭提交和日志密钥核验回执；给出策略时，还核验见证人已签名"),
    ("verify", "离线核验导出，或核验网址上的日志，对照您从别处得到的日志末尾或检查点密钥"),
    ("audit", "证明某方所提交的内容没有被遗漏"),
    ("audit member", "证明一把密钥所提交的内容没有缺失：导出中的编号和链接；加 --outbox 时，还有对它答复过的全部内容。不核验签名和规则，那由 `hefu verify` 完成"),
    ("monitor", "从外部监测日志：它所签署的必须是只增不减的同一历史，在每个网址上都相同"),
    ("replay", "在内存中由导出重建所有视图，输出其摘要"),
    ("views", "列出服务端的视图及其摘要，或把摘要记入日志"),
    ("views list", "列出服务端的视图及其摘要；与单独的 `hefu views` 相同"),
    ("views lag", "显示各视图落后日志多少，以及正在重建的视图的进度"),
    ("views record", "由运营单位记录服务端每个视图在其已处理规模上的摘要，使重放日志者能据以核对服务端"),
    ("witness", "运行见证人，对日志向所有人展示的内容作见证签名"),
    ("witness init", "生成见证人目录和新密钥，并输出供策略使用的密钥"),
    ("witness serve", "通过 HTTP 提供见证服务（C2SP tlog-witness），直到停止"),
    ("completions", "输出 shell 补全脚本"),
];

/// Name, commands that it is said so for (none: everywhere else), help.
#[rustfmt::skip]
const ARGUMENTS: &[(&str, &[&str], &str)] = &[
    ("commitment", &[], "承诺：64 个十六进制数字，见 `hefu series`"),
    ("conf-status", &[], "SDMX 保密状态；省略为 F（公开），给出 --embargo-until 时为 E。除 F 外，数值不写入账本，由承诺代替，服务端为有权查阅者保存"),
    ("delegate", &[], "受托单位"),
    ("delegation", &[], "委托：HASH/INDEX，见 `hefu delegation list`"),
    ("embargo-until", &[], "发布限制的结束时间：时间（RFC 3339）或日期（当日开始，UTC）"),
    ("evidence", &[], "佐证材料：文件，或 文件,网址；可重复给出"),
    ("indicator", &["delegation grant"], "受托填报的指标；省略则为该单位填报的全部指标，并可提交其报表"),
    ("keep-opening", &[], "保存一份开启信息的目录"),
    ("method", &[], "统计方法"),
    ("on-behalf-of", &[], "其他单位委托本单位代报时，数据所属的单位"),
    ("on-behalf-of", &["report submit", "report nil"], "其他单位将全部填报委托给本单位时，报表所属的单位"),
    ("openings", &[], "保存开启信息的目录，与日志中的承诺核对"),
    ("period", &["roll-up"], "报告期；省略则为有地区填报的最近一期"),
    ("point", &[], "路径在某一报告期末经过的数值，如 2023=1200；按时间先后，最后一点须在目标年份结束之前"),
    ("readers", &[], "除本单位和办公室外，可查阅不公开数值的单位：代码以逗号或分号分隔"),
    ("save", &[], "保存开启信息的目录，文件以承诺命名"),
    ("server", &[], "服务端"),
    ("output", &[], "标准输出的形式：table 供人阅读，json 和 csv 供程序使用"),
    ("lang", &[], "供人阅读内容的语言：zh 中文，en 英文；省略则按系统区域设置"),
    ("patience", &[], "服务端无应答、无进展多少秒后放弃"),
    ("accepting", &[], "除办公室外可以验收报表的单位：牵头单位"),
    ("answer", &[], "答复内容，记入日志"),
    ("answer-by", &[], "答复时限：时间（RFC 3339）或日期（当日结束，UTC）"),
    ("area", &["submit", "retract", "attest", "challenge raise"], "地区代码"),
    ("area", &["diff"], "只列出涉及该地区，或评议其观测值的变更"),
    ("area", &["explain"], "地区；省略则为第一个有数值的地区"),
    ("area", &[], "地区；省略则为全部地区"),
    ("as-of", &["replay"], "在此序号之后停止，导出须含有它"),
    ("as-of", &[], "截至时刻：序号、时间（RFC 3339）或日期（当日结束，UTC）；省略则为当前"),
    ("as-of-date", &[], "数值所指的日期；省略则为报告期最后一天"),
    ("at", &[], "查询状态的时间：时间（RFC 3339）或日期（当日开始，UTC）；省略则为 --as-of 的时间或现在"),
    ("batch", &[], "文件中最多多少行共用一个签名；省略则尽账本一次提交所能容纳。被拒绝的行单独剔除；1 表示每行单独提交"),
    ("by", &[], "按什么统计：unit 单位，cycle 填报周期，plan 规划"),
    ("chain-hash", &[], "最后一个条目的链哈希，64 位十六进制；与 --size 同时给出"),
    ("challenge", &[], "质疑：HASH/INDEX，见 `hefu challenge list`"),
    ("checkpoint", &[], "应止于的检查点，取自别处，代替导出中的检查点"),
    ("conference-role", &[], "convener、deputy_convener 或 member；联席会议以外的成员单位不填"),
    ("content", &["report submit"], "报表内容，见 `hefu report draft`：`auto` 表示现行有效的内容，或其哈希"),
    ("content", &["report return"], "报表上一步所写明的内容，见 `hefu report history`：`auto` 表示照其所写，或至少 32 位哈希，零报告写 `nil`"),
    ("content", &["report accept"], "所见内容，见 `hefu report show`：至少 32 位哈希，零报告写 `nil`，`auto` 表示现行有效的内容"),
    ("content", &[], "所见内容，见 `hefu report show`：至少 32 位哈希，`auto` 表示现行有效的内容"),
    ("csv", &[], "改为填报此文件各行。表头为列名，与选项同名：indicator、area、period、value，按需加 status、qualifier 等"),
    ("cycle", &["cycle open"], "填报周期代码，如 2024-q3"),
    ("cycle", &["report status", "report rates"], "填报周期；省略则为全部周期"),
    ("cycle", &[], "填报周期"),
    ("data", &["witness init"], "目录"),
    ("data", &[], "由 `hefu witness init` 生成的目录"),
    ("dir", &["log export"], "目录：新的、空的，或已有的导出"),
    ("dir", &["log serve"], "由 `hefu log export` 生成的目录，或日志瓦片的镜像"),
    ("dir", &[], "导出目录"),
    ("dry-run", &[], "试校验：列出文件中事先可知的所有问题，不签署任何内容；--key 可以是公钥"),
    ("due", &[], "按时填报的截止：时间（RFC 3339）或日期（当日结束，UTC）"),
    ("encrypt", &[], "用询问的口令加密"),
    ("entries", &[], "条目数"),
    ("every", &["monitor"], "每隔多少秒查看一次"),
    ("every", &[], "持续运行：日志中上次记录之后每有这么多条目就记录一次；记录视图的条目不计入"),
    ("export", &[], "导出目录"),
    ("file", &["key show"], "私钥，或十六进制、PEM 格式的公钥"),
    ("file", &[], "文件"),
    ("files", &[], "回执；每份旁边是其提交，扩展名 .sub"),
    ("follow", &[], "之后随每个更新的检查点续写，直到停止"),
    ("format", &["replay"], "表的格式"),
    ("format", &[], "格式：sdmx-csv、csv、xlsx 或 json"),
    ("from", &["diff"], "自此时刻之后：序号、时间（RFC 3339）或日期（当日结束，UTC）"),
    ("from", &["log watch"], "起始序号；省略则只看新条目"),
    ("from", &[], "名称、类型和联席会议职务取自内置规划的单位，如 guizhou"),
    ("head", &[], "两者取自文件，即 `hefu --output json log head` 的输出"),
    ("history", &[], "每一版次，包括已更正和撤回的，而不只是现行有效的"),
    ("holder", &[], "密钥背后的人或设备的化名：永久公开"),
    ("include-history", &[], "每一版次，包括已更正和撤回的，并写明各自的有效起止时间"),
    ("indicator", &["cycle open"], "要求填报的指标；省略则为该规划中按此类报告期观测、且本期尚无周期要求的全部在用指标"),
    ("indicator", &["cycle except"], "适用的指标；省略则为该周期的全部指标"),
    ("indicator", &["challenge list"], "指标；省略则为全部指标"),
    ("indicator", &["diff"], "只列出涉及该指标，或评议其观测值的变更"),
    ("indicator", &[], "指标代码"),
    ("key", &["key state", "role grant", "role revoke", "key revoke"], "公钥：十六进制，或文件"),
    ("key", &["report draft", "report template"], "本单位的公钥：十六进制，或文件"),
    ("key", &["receipt save", "receipt check"], "发件箱所属的密钥文件"),
    ("key", &["verify"], "日志的检查点密钥（`name+hash+base64`，由 `hefud init` 输出）：导出须止于它签署的检查点"),
    ("key", &["monitor"], "日志的检查点密钥（`name+hash+base64`，由 `hefud init` 输出）；更换期间给出两把"),
    ("key", &["audit member"], "密钥：64 位十六进制，或含有它的文件"),
    ("key", &[], "用来签名的私钥；其发件箱在旁边（me.pem → me.outbox/）"),
    ("late", &[], "法定数见证签名，或回执所指的检查点，迟多少秒才算问题；0 表示不容许，但正常的日志也需几秒"),
    ("ledger", &[], "账本标识；省略则向服务端查询"),
    ("limit", &[], "最多列出多少项变更，自最早的起"),
    ("listen", &[], "监听地址；端口 0 表示任选空闲端口"),
    ("locks", &[], "锁定时间：时间（RFC 3339）或日期（当日结束，UTC）"),
    ("log", &[], "要见证的日志的验证密钥；可重复给出"),
    ("log-key", &[], "日志的检查点密钥（`name+hash+base64`，由 `hefud init` 输出）；更换过密钥的日志有多把"),
    ("member", &["key request"], "密钥将代表的成员单位"),
    ("member", &[], "成员单位代码"),
    ("min-seq", &[], "等视图处理到此序号再回答，例如自己提交的序号"),
    ("name", &[], "见证人名称，最好是不带协议的网址，如 `witness.example.org`；它是密钥的一部分"),
    ("name-en", &[], "英文名称"),
    ("name-zh", &[], "中文名称"),
    ("note", &[], "读者须知的数值说明"),
    ("number", &[], "密钥自己的提交编号"),
    ("observation", &["retract"], "现行观测值：`auto` 表示现行有效的，或 HASH/INDEX"),
    ("observation", &[], "所见的现行观测值：HASH/INDEX，或 `auto` 表示现行有效的"),
    ("once", &[], "只查看一次；加 --state 时，接连运行与持续运行发现的相同"),
    ("open", &[], "只列出未办结的"),
    ("opens", &[], "开始填报的时间：时间（RFC 3339）或日期（当日开始，UTC）"),
    ("opinion", &[], "unqualified 无保留、qualified 保留或 adverse 否定"),
    ("out", &["key new"], "要生成的文件，如 me.pem；已有文件从不覆盖"),
    ("out", &["key request"], "写入申请的文件，已有文件从不覆盖；省略则写到标准输出"),
    ("out", &["report template"], "要生成的文件：FILE.csv 或 FILE.xlsx"),
    ("out", &["receipt save"], "回执的新文件；提交用同名文件，扩展名 .sub"),
    ("out", &[], "要生成的文件；省略则写到标准输出"),
    ("outbox", &[], "密钥持有人保存的发件箱：它所签名的和得到的答复；只读取"),
    ("outcome", &[], "upheld 成立、dismissed 不成立或 withdrawn 撤回"),
    ("passphrase-file", &["key new"], "用此文件第一行加密"),
    ("passphrase-file", &[], "第一行为密钥口令的文件；省略则在终端询问"),
    ("period", &["submit"], "报告期：2024、2024-H1、2024-Q3、2024-07 或 2024-07-15"),
    ("period", &["cycle open"], "要填报的报告期"),
    ("period", &["explain"], "报告期；省略则为看板所示的"),
    ("period", &[], "报告期"),
    ("place", &[], "导出目录，或日志文件所在的网址（`http://host[:port]`）；网址上仍在增长的日志核验到已知的末尾"),
    ("plan", &["plan load", "plan try", "plan units", "plan reports"], "内置规划，如 guizhou"),
    ("plan", &["plan show"], "规划代码"),
    ("plan", &["cycle open"], "规划"),
    ("plan", &["data export"], "规划的全部指标"),
    ("plan", &["diff"], "只列出该规划及其指标、填报周期的变更"),
    ("plan", &[], "规划；省略则为全部规划"),
    ("policy", &["receipt check"], "tlog-policy 文件：日志用过的每把密钥一行 `log`，以及要求达到法定数的见证人"),
    ("policy", &["receipt verify"], "tlog-policy 文件，其法定数见证人须已签名"),
    ("policy", &["verify"], "tlog-policy 文件：须有足够的见证人对检查点签名，且条目所称时间不得与其见证签名相悖"),
    ("policy", &["monitor"], "tlog-policy 文件：未达法定数的检查点会报告，持续如此（--late）则为问题"),
    ("policy", &[], "tlog-policy 文件，用来核对发件箱中的回执：尚无法定数见证签名的，待日志出示后在见证过的检查点下证明"),
    ("prefix", &[], "接受在末尾之后还有条目的导出，例如比末尾更新的导出：末尾及以前的条目予以核验，其后的只计数并检查相连"),
    ("public_key", &[], "公钥：十六进制，或文件"),
    ("qualifier", &[], "exact、at_least、approx 或 more_than；有数值而省略则为 exact"),
    ("reason", &["key revoke", "key replace"], "superseded 已更换、compromised 已失密或 ceased 已停用"),
    ("reason", &["submit"], "更正的理由"),
    ("reason", &["report nil"], "没有可填报内容的理由，记入日志"),
    ("reason", &["report return"], "需要改正的内容，记入日志"),
    ("reason", &["attest"], "依据；除无保留意见外必须给出"),
    ("reason", &["challenge raise"], "质疑的内容和理由，记入日志"),
    ("reason", &[], "理由，记入日志"),
    ("receipts", &[], "回执目录（*.tlog-proof，如发件箱），其检查点须属于同一历史"),
    ("recovery", &[], "由办公室为已有成员单位登记"),
    ("replaced", &[], "要更换的办公室密钥：十六进制，或文件"),
    ("reported", &[], "只列出已有填报的指标"),
    ("reporter", &[], "只列出演示中由该单位填报的"),
    ("request", &["checkpoint-key replace"], "由 `hefud checkpoint-key prepare` 输出的申请"),
    ("request", &[], "由 `hefu key request` 输出的申请"),
    ("role", &["key request"], "角色：admin、office、operator、reporter、approver、auditor 或 trader；可重复给出。成员单位的第一把密钥须有 admin"),
    ("role", &[], "admin、office、operator、reporter、approver、auditor 或 trader"),
    ("shell", &[], "shell 名称"),
    ("since-seq", &[], "失密时：密钥自此序号起的条目被标记"),
    ("size", &["log export"], "止于此规模，而非最新检查点；不超过日志末尾，也不少于目录已有的"),
    ("size", &[], "日志须有的条目数；与 --chain-hash 同时给出"),
    ("source-date", &[], "公开来源的日期：年、月或日"),
    ("source-title", &[], "公开来源的标题"),
    ("source-uri", &[], "公开来源的网址"),
    ("state", &[], "用来记住最近检查点和保存证据的目录；省略则结束后不保留"),
    ("status", &[], "SDMX 观测状态；有数值而省略则为 A"),
    ("strength", &[], "目标值的约束力：hard 约束性或 stretch 争取"),
    ("supersedes", &[], "更正现行观测值：`auto` 表示现行有效的，或 HASH/INDEX"),
    ("through", &[], "日志须经过的较早检查点；可重复给出。加 --policy 时，其见证签名说明当时的条目不多于它所含的"),
    ("to", &["target adjust"], "此后的目标，如 '>=80000' 或 '=0'"),
    ("to", &["diff"], "至此时刻；省略则为当前"),
    ("to", &[], "写入各表的目录；新的或空的"),
    ("type", &[], "department 部门、area_government 地方政府、enterprise 企业、institution 事业单位或 platform 平台"),
    ("unit", &["challenge list"], "被质疑或提出质疑的单位；省略则为全部单位"),
    ("unit", &["delegation list"], "该单位作出或接受的委托；省略则为全部"),
    ("unit", &["delegation grant", "delegation end"], "应填报的单位"),
    ("unit", &["plan groups"], "只列出该单位所在的工作专班及其承担的内容；省略则为全部单位"),
    ("unit", &["cycle open"], "须填报的单位；省略则为各指标的全部填报单位"),
    ("unit", &["cycle except"], "适用的单位；省略则为该周期的全部单位"),
    ("unit", &["report template", "report show", "report history", "report return", "report accept"], "单位"),
    ("unit", &["diff"], "只列出该单位提交的、涉及它的，或评议其观测值的变更"),
    ("unit", &[], "单位；省略则为全部单位"),
    ("units", &[], "存放密钥的目录：UNIT/reporter.pem（管理、填报）和 UNIT/approver.pem"),
    ("until", &["delegation grant"], "有效至：时刻（RFC 3339）或日期（当日结束，UTC）"),
    ("until", &[], "截止：时间（RFC 3339）或日期（当日结束，UTC）"),
    ("updated-after", &[], "只取自该时间（RFC 3339）或该日开始（UTC）以来填报、更正或撤回的"),
    ("urls", &[], "日志文件所在的网址（`http://host[:port]`）；同一日志的多个镜像会互相比对"),
    ("value", &[], "数值：以指标计量单位写的十进制数；缺数则不填"),
    ("wait-for", &[], "等见证人对条目签名后再答复，最多十秒；无论如何都会入账。需要 --policy 判断见证人是否足够"),
    ("witness", &[], "见证人地址（`http://host:port`），询问其最近的见证签名；可重复给出"),
    ("xlsx", &[], "同上，读取 Excel 工作簿的第一个工作表"),
    ("year", &[], "目标值的年份"),
];

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::lang::is_chinese;

    fn walk(command: &Command, path: &str, missing: &mut Vec<String>) {
        if about(path).is_none_or(|about| !is_chinese(about)) {
            missing.push(format!("COMMANDS: {path:?}"));
        }
        for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
            if help(path, argument).is_none_or(|help| !is_chinese(help)) && argument.get_id() != "shell" {
                missing.push(format!("ARGUMENTS: {} of {path:?}", argument.get_id()));
            }
        }
        for inner in command.get_subcommands() {
            walk(inner, format!("{path} {}", inner.get_name()).trim_start(), missing);
        }
    }

    #[test]
    fn every_command_and_argument_is_explained_in_chinese() {
        let mut missing = vec![];
        walk(&crate::cli::Cli::command(), "", &mut missing);
        assert!(missing.is_empty(), "add them to lang/help.rs: {missing:#?}");
    }

    #[test]
    fn chinese_help_is_chinese_and_english_stays() {
        let help = |lang| said(crate::cli::Cli::command(), lang).render_long_help().to_string();
        let (zh, en) = (help(Lang::Zh), help(Lang::En));
        let english = ["Show every indicator", "Usage:", "Options:", "Commands:"];
        assert!(["看板", "退出码", "用法：", "选项", "命令"].iter().all(|word| zh.contains(word)), "{zh}");
        assert!(english.iter().all(|word| !zh.contains(word) && en.contains(word)), "{zh}{en}");
        assert!(!is_chinese(&en), "{en}");
    }

    #[test]
    fn every_line_is_of_something_that_is_there() {
        fn paths(command: &Command, path: &str, found: &mut Vec<String>) {
            found.push(path.to_owned());
            for inner in command.get_subcommands() {
                paths(inner, format!("{path} {}", inner.get_name()).trim_start(), found);
            }
        }
        let mut known = vec![];
        paths(&crate::cli::Cli::command(), "", &mut known);
        let named = COMMANDS.iter().map(|(path, _)| path).chain(ARGUMENTS.iter().flat_map(|(_, paths, _)| *paths));
        let gone: Vec<_> = named.filter(|path| !known.iter().any(|there| there == *path)).collect();
        assert!(gone.is_empty(), "{gone:?}");
    }
}
