// What the check of a bundle says, in the page's language.
import { hex } from "./bytes.js";
import { shownFields } from "./check.js";

const chinese = document.documentElement.lang.startsWith("zh");

/** Choose between English and Chinese. */
export const say = (en, zh) => (chinese ? zh : en);

const REASONS = [
  [/^no policy says whom to trust$/, "没有信任策略"],
  [/^this browser cannot check it: .*$/s, "此浏览器无法核验"],
  [/^the policy: line (\d+): .*$/s, "策略文件第 $1 行有误"],
  [/^the policy: .*$/s, "策略文件有误"],
  [/^the log was frozen at (\d+) leaves$/, "日志已在 $1 叶处冻结"],
  [/^longer than (\d+) bytes(?: in compact form)?$/, "超过 $1 字节"],
  [/^not canonical JSON: .*$/s, "不是规范 JSON"],
  [/^of another format$/, "格式或版本不同"],
  [/^the digest is of other content$/, "摘要与内容不符"],
  [/^the policy does not know this log$/, "策略中没有此日志"],
  [/^the signature of (.*) does not verify$/s, "$1 的签名不成立"],
  [/^a signature of (.*) is unknown to the policy or repeated$/s, "$1 的签名不在策略中，或重复"],
  [/^the quorum needs ML-DSA-44 .*$/, "法定数需要 ML-DSA-44 签名，此处无法核验"],
  [/^the witnesses that signed are no quorum$/, "签署的见证方未达法定数"],
  [/^the inclusion proof .*$|^no leaf .*$/, "事件不在日志的根之下"],
  [/^the fields shown are not of one event$/, "所示字段不属于同一事件"],
  [/^the PDF is not the one that is proved$/, "此 PDF 不是所证明的文件"],
  [/^not base41$|compact form|^a number of|^a word of|^a path of|^a tree of/, "紧凑格式有误"],
  [/^not |^a field |^an array |^a disclosed field |^nested|^an integer|^a string/, "证明包结构有误"],
];

/** Return a reason in the page's language; one that is not translated stays English. */
export function reasonWords(reason) {
  const found = REASONS.find(([pattern]) => pattern.test(reason));
  return chinese && found ? `${reason.replace(...found)}（${reason}）` : reason;
}

function when(seconds) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return String(seconds);
  return date.toISOString().replace("T", " ").replace(/\.000Z$/, " UTC");
}

/** Return what was found true, a sentence each. */
export function sentences({ bundle, policy, times, unchecked }) {
  const { origin, size, root, events } = bundle;
  const witnesses = Array.from(times, ([{ name }, at]) => {
    const operator = policy.operators.get(name);
    return say(
      `witness: ${name}, run by ${operator ?? "an unnamed operator"}, signed at ${when(at)}`,
      `见证方：${name}，运营者 ${operator ?? "未具名"}，签署于 ${when(at)}`,
    );
  });
  return [
    say(`log: ${origin}, ${size} leaves, root ${hex(root)}`, `日志：${origin}，${size} 叶，根 ${hex(root)}`),
    ...witnesses,
    ...unchecked.map(({ name }) => say(
      `not checked: the signature of ${name}, as no browser checks ML-DSA-44`,
      `未核验：${name} 的签名，浏览器无法核验 ML-DSA-44`,
    )),
    say(`quorum: ${policy.quorum} is met`, `法定数：${policy.quorum} 已满足`),
    ...events.map((event) => {
      const count = shownFields(event).length;
      return say(
        `leaf ${event.index}: event ${event.eventId}, ${count} fields shown`,
        `叶 ${event.index}：事件 ${event.eventId}，公开 ${count} 个字段`,
      );
    }),
  ];
}
