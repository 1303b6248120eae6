//! Each code of a refusal in Chinese: what went wrong in general, and what to do. The English is in `hefu_types::Reason`. A code that
//! has no line here does not compile.

use hefu_types::Reason;

macro_rules! chinese {
    ($($variant:ident $cause:literal $remedy:literal;)+) => {
        /// Cause and remedy of a code.
        pub(crate) const fn chinese(reason: Reason) -> (&'static str, &'static str) {
            match reason { $(Reason::$variant => ($cause, $remedy),)+ }
        }
    };
}

chinese! {
    // The bytes of a submission.
    Malformed "提交的字节不是所要求的 protobuf 消息。" "请按公布的 .proto 文件，用 protobuf 库序列化消息。";
    UnknownField "含有本程序不认识的字段。" "请使用服务端公布的 .proto 文件；新版客户端需要新版服务端。";
    UnknownEnum "含有本程序不认识的枚举值。" "请使用服务端公布的 .proto 文件；新版客户端需要新版服务端。";
    FieldOrder "字段没有按编号升序排列。" "请按字段编号升序序列化，主流编码器均如此。";
    FieldRepeated "单值字段出现了不止一次。" "每个单值字段只写一次。";
    ExplicitDefault "字段显式写入了默认值。" "值为零、空或 false 的字段请省略；在 JavaScript 中不要给消息赋默认值。";
    VarintNotMinimal "变长整数没有采用最短形式。" "请用最短形式写每个变长整数。";
    NotPacked "重复的标量没有打包编码。" "重复的枚举和数字请打包编码，即 proto3 的默认方式。";
    FieldMissing "缺少必填字段。" "请填写该字段。";
    LengthInvalid "字节字段的长度与其含义不符。" "密钥和哈希为 32 字节，签名为 64 字节。";
    CodeInvalid "代码不符合 `[a-z0-9][a-z0-9._-]*`，或超过 64 字节。" "请用小写字母、数字、'.'、'_' 和 '-'，以字母或数字开头，最多 64 个字符。";
    TextInvalid "文本过长，或含有控制字符、不可见字符。" "请缩短文本，去掉控制字符和不可见字符。";
    DecimalInvalid "十进制数的小数位数超过 12 位。" "请写成 units / 10^scale，scale 不超过 12。";
    PeriodInvalid "报告期不是 2024、2024-H1、2024-Q3、2024-07、2024-07-15 中的任何一种形式。" "请用这五种 ISO 8601 形式之一书写报告期。";
    SubmissionTooLarge "提交过大。" "请把事件分成几次提交；大宗数据只写其哈希。";
    SubmissionEmpty "提交为空。" "请把序列化后的 Submission 放入 `signed.submission` 发送。";
    EventsMissing "提交中没有事件。" "提交中至少放入一个事件。";
    EventsTooMany "提交中的事件过多。" "请把事件分成几次提交。";
    ListTooLong "列表中的元素过多。" "请拆分列表。";
    ListOrder "列表没有按升序排列，或有重复元素。" "请将列表排序，每个元素只写一次。";

    // Signatures and keys.
    SignatureLength "签名不是 64 字节。" "请发送 64 字节的 Ed25519 签名。";
    SignatureNotCanonical "签名的标量不小于群的阶。" "请使用符合 RFC 8032 的签名程序。";
    SignatureInvalid "签名与字节和密钥不符。" "请用其中写明的密钥，对所发送字节的 DSSE 预认证编码签名。";
    KeyNotCanonical "公钥不是曲线点的规范编码。" "请使用常用 Ed25519 库生成的密钥。";
    KeySmallOrder "公钥是小阶点。" "请使用常用 Ed25519 库生成的密钥。";
    KeyTorsion "公钥带有挠分量。" "请使用常用 Ed25519 库生成的密钥。";
    EnrolmentProofInvalid "登记证明不是新密钥对本账本和本次登记的签名。" "请由新密钥的持有人针对本账本签署登记。";
    VerifierKeyInvalid "检查点验证密钥不是 `name+hash+key` 的形式。" "请写成 `origin+hash+base64`（C2SP signed-note，类型 0x01），名称与账本的 origin 相同。";

    // Position within the ledger and the key's own chain.
    LedgerMismatch "提交写明的是另一个账本。" "请向服务端查询账本标识，重新签名。";
    KeyUnknown "密钥没有登记。" "请本单位的管理密钥登记该密钥。";
    KeyRevoked "密钥已吊销。" "请换用其他密钥，或请本单位的管理密钥登记新密钥。";
    MemberSuspended "成员单位已被暂停。" "请向联席会议办公室了解暂停原因。";
    MemberWithdrawn "成员单位已退出。" "已退出的成员单位不能以同一代码再次加入。";
    RoleMissing "密钥没有该事件所需的角色。" "请本单位的管理密钥授予该角色，或换用其他密钥。";
    KeySeqGap "密钥编号不连续。" "请先发送缺少的提交；用 GetKeyState 可查最后入账的编号。";
    KeySeqUsed "该密钥编号下已有另一份提交入账。" "请接着最后入账的编号重新编号并签名；一把密钥只能由一处书写。";
    KeyPrevMismatch "key_prev 不是该密钥上一份提交的哈希。" "请链接到 GetKeyState 给出的提交哈希，重新签名。";
    NotAfterPassed "提交的截止时间 not_after 已过。" "请确认内容是否仍然有效，再以更晚的 not_after 重新签名。";
    PredecessorRefused "同一密钥在本流中的前一份提交已被拒绝。" "请改正被拒绝的提交，再对其后的提交重新编号、签名。";

    // Membership.
    GenesisMisplaced "LedgerOpened 没有单独位于序号 0，或序号 0 是其他内容。" "账本只由 `hefud init` 创建一次。";
    GenesisInvalid "创世提交自相矛盾。" "请写明两把以上办公室密钥、一把恢复密钥和一把运营密钥，各不相同，并用办公室密钥签名。";
    MemberExists "成员单位已存在。" "请换一个代码。";
    MemberUnknown "成员单位不存在。" "请先接纳该成员单位，或改正代码。";
    MemberStatusWrong "成员单位的状态不允许这一变更。" "请先查看该成员单位的状态。";
    MemberProtected "联席会议办公室和运营单位不能被暂停或退出。" "请改为更换密钥。";
    HolderTaken "持有人化名属于另一成员单位。" "请换用其他化名；如确为同一人，请由办公室登记该密钥。";
    KeyExists "密钥曾经登记过；一把密钥只能登记一次。" "请生成新密钥。";
    KeyNotFound "所指的密钥没有登记。" "请改正密钥。";
    MemberMismatch "事件写明的不是可以代表的成员单位。" "成员单位的管理密钥只能代表本单位。";
    RecoveryMarkWrong "恢复标记不符：只有办公室为已有成员单位登记时才设置。" "由办公室登记时请设置 `recovery`，由本单位管理密钥登记时请省略。";
    FirstKeyNotAdmin "成员单位的第一把密钥必须有管理角色。" "请给第一把密钥 admin 角色。";
    RoleReserved "该角色只限办公室或运营单位的密钥。" "office 角色只属于办公室，operator 角色只属于运营单位。";
    RoleStateWrong "密钥已有该角色，或没有该角色。" "请先查看密钥的角色。";
    LastOfficeKey "办公室将没有可用的密钥。" "请先登记另一把办公室密钥。";
    OfficeKeysTooMany "办公室同时持有的密钥已达上限。" "请先吊销不再需要的办公室密钥。";
    RecoveryKeyOnly "恢复密钥只能用来更换办公室密钥。" "请使用办公室密钥。";
    RecoveryKeyNeeded "只有恢复密钥才能更换办公室密钥。" "请用恢复密钥签名。";
    RecoveryKeyProtected "恢复密钥不能吊销，也不能授予角色。" "请离线保管恢复密钥；它以创世条目所写为准。";
    SinceSeqInvalid "since_seq 没有与 COMPROMISED 同时给出，或位于将来。" "since_seq 只与 COMPROMISED 同时给出，且不大于当前序号。";
    RulesVersionUnknown "规则版本没有发布，或低于现行版本。" "请启用服务端已有的版本。";

    // Platform.
    CheckpointKeyWrong "所指的密钥不是现行检查点密钥，或其重叠期尚未结束。" "请写明现行检查点密钥，并等被更换的密钥签完最后一个检查点。";
    CheckpointKeyProofInvalid "被更换的或新的检查点密钥没有为本账本签署这次更换。" "请运营单位用 `hefud checkpoint-key prepare` 重新生成申请。";
    OverlapInvalid "两把检查点密钥的重叠期在开始之前就已结束，或超过 100,000,000 条。" "请给出大于当前规模的数，足以让见证人和监测方看到两把密钥。";
    CheckpointKeyNotHeld "服务端没有新的检查点密钥。" "运营单位：把新密钥文件放入数据目录后重启服务端。办公室：随后重发相同的字节。";
    ViewRecordInvalid "视图记录所指的视图不存在，或条目数超过已入账的条目数。" "请记录至少含一个条目、不超过最后入账条目的视图及其版本。";

    // Plan.
    PlanUnknown "规划不存在。" "请先发布规划，或改正代码。";
    PlanInvalid "规划的描述自相矛盾。" "请按先后写明年份，部分和地区各写一次，上级地区写在下级之前。";
    PartUnknown "规划中没有该部分。" "请改正部分代码，或重新发布含有该部分的规划。";
    AreaUnknown "规划中没有该地区。" "请改正地区代码，或重新发布含有该地区的规划。";
    TaskExists "任务已存在。" "请换一个代码。";
    TaskUnknown "任务不存在。" "请先定义任务，或改正代码。";
    MilestoneExists "里程碑已存在。" "请换一个代码。";
    IndicatorExists "指标已存在。" "请换一个代码，或修订该指标。";
    IndicatorUnknown "指标不存在。" "请改正代码，或请办公室定义该指标。";
    IndicatorRetired "指标已停用。" "请在取代它的指标下填报。";
    IndicatorInvalid "指标定义自相矛盾，或修订改变了数字的含义。" "比率不得求和；只有加权平均才写权重；计量单位、计量方式或方向不同时请另行定义指标。";
    TargetExists "该指标、地区、年份和强度下已有目标值。" "请改为调整目标值。";
    ValueInClear "数值不公开，却以明文出现。" "请去掉数值，改给承诺，并随提交附上其开启信息。条目中的内容永久公开。";
    CommitmentMissing "数值不公开，却没有任何承诺代替它。" "请给出数值的承诺，或表示缺失的观测状态。";
    CommitmentForbidden "数值公开，却以承诺代替。" "请以明文给出数值，或给出保密状态。";
    CommitmentUsed "已有观测值使用了该承诺。" "请用 32 个新的随机字节重新生成承诺。";
    EmbargoInvalid "发布限制没有配状态 E，或状态 E 没有配发布限制；或在开始之前结束，或超过十年。" "仅在状态为 E 时给出将来十年以内的时间，且必须给出。";
    EvidenceInvalid "佐证材料重复、缺少说明，或数量过多。" "每个文件只给一次，最多 16 个，并注明媒体类型和长度。";
    ReadersInvalid "没有承诺却给出可查阅单位；或数量过多、未按升序、并不存在。" "仅在有承诺时给出可查阅单位：升序、不重复、最多 64 个。";
    OpeningMissing "承诺没有附带开启信息。" "请随提交附上开启信息：32 字节的盐和数值的字节。";
    OpeningWrong "开启信息与提交中的任何承诺都不符，或其中不是数字。" "每个承诺附一份开启信息，数值为消息 Decimal 的字节。";
    CommitmentUnknown "没有观测值使用该承诺。" "请更正承诺。";
    ValueWasErased "数值已被删除。" "已不可恢复；日志说明了由谁删除及理由。";
    NotAReader "数值不公开，提问者无权查阅。" "请向填报单位或办公室询问；有发布限制的数值须等到期。";
    ReadRequestExpired "查阅请求的时间与服务端相差超过五分钟。" "请重新签署请求，并检查时钟。";
    ValueNotFound "没有这个不公开的数值。" "请先查看数据序列，其中列有承诺。";
    TrajectoryInvalid "目标路径的点数、顺序或时间不对。" "请给出 1 至 120 个点，逐点推后，最后一点须在目标年份结束之前。";
    TargetUnknown "该指标、地区、年份和强度下没有目标值。" "请先设定目标值。";
    TargetInvalid "比较符与指标方向矛盾，或年份超出历法范围。" "越高越好用 ≥ 或 >，越低越好用 ≤ 或 <，也可用 =。";

    // Reporting.
    NotReportingUnit "签名者所在单位不是该指标的填报单位。" "请办公室把本单位列为填报单位。";
    AreaNotObserved "该地区不属于该指标。" "请写该指标所观测的地区。";
    PeriodTypeWrong "该类报告期不属于该指标。" "请按该指标的报告期类型填报。";
    DecimalsTooMany "观测值的小数位数超过指标所允许的。" "请对数值取整，或请办公室修订指标。";
    ValueForbidden "观测状态表示没有数值，却给出了数值。" "请去掉数值和限定词，或改用其他状态。";
    ValueRequired "观测状态需要数值，却没有给出。" "请填写数值和限定词，或改用表示缺数的状态。";
    AsOfDateInvalid "截至日期不在报告期内。" "请写报告期内的一天，如 2024-07-15，或省略。";
    StockFell "累计存量下降，却没有断点标记或更正。" "请核对该数值及其前后各期；序列有断点时用状态 B，或先更正有误的相邻一期。";
    ObservationStands "该指标、地区和报告期已有有效观测值。" "请在 `supersedes` 中写明现有观测值，并说明理由。";
    NothingToSupersede "没有可以更正或撤回的有效观测值。" "请去掉 `supersedes`，或改正指标、地区、报告期。";
    SupersedesWrong "所引用的不是现行有效的观测值。" "请查询现行观测值并写明它。";
    ReasonMismatch "更正或撤回没有理由，或没有更正却写了理由。" "理由只与 `supersedes` 同时填写。";
    NotYourObservation "该观测值由其他单位填报。" "请联系填报该值的单位。";

    // Cycles of reports.
    CycleExists "填报周期已存在。" "请换一个代码。";
    CycleUnknown "没有这个填报周期。" "请改正代码，或请办公室开启该周期。";
    CycleInvalid "填报周期的时间或指标互相矛盾。" "开始须早于截止，截止不得晚于锁定，且只包含一个规划的指标。";
    CycleOverlaps "该指标的这一报告期已属于另一填报周期。" "请去掉该指标，或换一个报告期。";
    CycleNotOpen "填报周期尚未开始。" "请自开始之日起填报。";
    CycleLocked "填报周期已锁定。" "请向办公室申请锁定豁免。";
    ExceptionInvalid "锁定豁免在开始之前就已结束。" "结束时间须晚于现在，也晚于锁定时间。";
    UnitNotInCycle "该单位不在此填报周期内。" "请向办公室确认本单位的填报周期。";
    ReportApproved "报表已审核：可以更正，不能增加或撤回。" "请更正观测值，或申请退回报表。";
    ReportStateWrong "报表的当前状态不允许这一步。" "请先查看报表状态。";
    ReportStale "报表提交后观测值有变动。" "请填报单位重新提交报表。";
    ReportEmpty "没有可提交的内容。" "请先填报观测值，或声明零报告。";
    ContentWrong "内容哈希与报表不符。" "请重新查看报表，写明所见内容的哈希。";
    NilContradicted "声明零报告，却有有效观测值。" "请提交报表，或先撤回观测值。";
    SameHolder "同一持有人已办理过该报表的前一步。" "请由其他人办理这一步：须双人复核。";
    OwnReport "单位不能验收自己的报表，也不能验收自己代报的报表。" "请由办公室或牵头单位验收。";
    NotDelegated "该单位目前未委托签名单位填报此项。" "请该单位的管理密钥作出委托（`hefu delegation grant`），或以本单位名义填报。";
    DelegationInvalid "委托指向本单位自身，或在开始之前已经到期；或有效的委托已达上限。" "请指明另一单位和将来的时间；终止不再需要的委托。";
    DelegationUnknown "没有这样一项有效的委托：从未作出、已经终止或已经到期。" "请查看委托（`hefu delegation list`）。";
    NotAcceptingUnit "该单位无权验收此周期的报表。" "请由办公室或该周期的牵头单位办理。";

    // Opinions and challenges.
    OwnObservation "单位不能对自己填报的观测值出具意见或提出质疑。" "请由其他单位审阅；有误的请自行更正。";
    AnswerByInvalid "要求答复的时限不足一天。" "请给出更晚的答复时限：自现在起至少一天。";
    ChallengeExists "同一单位对同一观测值同时只能提出一项质疑。" "请等待此前的质疑办结。";
    ChallengeUnknown "没有这项质疑。" "请写明提出质疑的事件。";
    ChallengeWasAnswered "质疑已经答复。" "请等待办公室裁定。";
    ChallengeHasEnded "质疑已经办结。" "请查看办理结果；确有必要可重新质疑。";
    ChallengeOpen "质疑尚未答复，答复时限也未到。" "请等待答复，或等到逾期。";
    OutcomeNotYours "只有提出单位可以撤回质疑，只有办公室可以裁定。" "请撤回本单位的质疑，或由办公室裁定。";
    AnswerNotYours "被质疑的观测值由其他单位填报。" "请由填报该值的单位答复。";

    // The service.
    NotWritten "确定没有写入：提交未到达日志。" "请重发相同的字节。";
    OutcomeUnknown "是否写入无法确定。" "请重发相同的字节：已入账的提交只入账一次。";
    StorageLatched "存储发生故障，已停止写入。" "运营单位：查看运行日志，修复磁盘，重启。提交方：稍后重发相同的字节。";
    ClockLatched "系统时钟与单调时钟偏差过大，已停止写入。" "运营单位：校正时钟，重启。提交方：稍后重发相同的字节。";
    WitnessesUnreachable "应答的见证人不足，无法确认日志没有被回滚，已停止写入。" "提交方：稍后重发相同的字节。运营单位：恢复策略中的见证人；若确信没有丢失已答复的条目，可用 --accept-missing-witnesses 启动。";
    WitnessesNone "要求等待见证人达到法定数，但服务端没有指定见证人的策略。" "提交方：不等待见证，重发相同的字节。运营单位：用 `hefud serve --policy` 指定见证人。";
    Overloaded "等待处理的提交过多。" "请在答复所示的时间之后重发相同的字节。";
    ShuttingDown "服务端正在停止。" "请稍后重发相同的字节。";
    SeqBeyondHead "序号超出日志末尾。" "请查询日志末尾以内的序号。";
    ViewBehind "视图未能及时处理到该序号。" "请稍后再查询。";
    ViewUnknown "没有这个视图。" "请先列出视图。";
    PlanNotFound "没有这个规划。" "请先列出规划（`hefu plan show`）。";
    MemberNotFound "没有这个成员单位。" "请先列出成员单位。";
    IndicatorNotFound "没有这个指标。" "请查看看板，其中列出了各项指标。";
    CycleNotFound "没有这个填报周期。" "请先列出填报周期。";
    ReportNotFound "该单位在此周期没有报表。" "请先列出该周期的报表。";
    ObservationNotFound "没有可溯源的观测值。" "请先查看观测序列。";
    ArgumentInvalid "查询参数有误。" "请改正参数。";
    StorageDamaged "存储的内容无法读取。" "运营单位：停止服务，保留数据目录，用核验过的副本恢复。";
}
