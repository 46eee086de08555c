using System.Text;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>YAML that often breaks readers, written around a valid document or in its place.</summary>
internal static class OddYaml
{
    private static readonly string[] Heads =
    [
        "---\n", "--- # comment\n", "%YAML 1.1\n---\n", "%YAML 9.9\n---\n", "%TAG ! tag:x,2000:\n---\n", "# only\n\n---\n", "\uFEFF", "---\n---\n", "...\n", "--- !!map\n", "&root\n", "\n\n", "--- |\n", "? ", "\t",
    ];

    private static readonly string[] Tails =
    [
        "---\nb: c\n", "--- [\n", "...\n", "... x\n", "x: &x [1]\ny: *x\n", "<<: {z: 1}\n", "<<: [{z: 1}, {z: 2}]\n", "<<: 1\n", "<<: *none\n", "y: yes\n", "t: !!binary YQ==\n", "t: !!binary '*'\n", "t: !!set {a, b}\n",
        "t: !!timestamp 2026-01-01\n", "t: !!float 1\n", "t: !!int 1.5\n", "t: !<tag:yaml.org,2002:str> 1\n", "t: !local {a: b}\n", "? [a]\n: b\n", "? {a: b}\n: c\n", "? |\n  long\n: v\n", "\tx: 1\n", "x:\n\t- 1\n",
        "x: |9\n   a\n", "x: |+\n\n\n", "x: >-\n  a\n   b\n", "x: \"\\ud800\"\n", "x: \"\\x00\\u0001\\U0010FFFF\"\n", "x: 'it''s'\n", "x: 'open\n", "x: .inf\n", "x: 1_000\n", "x: 0o17\n", "x: 190:20:30\n", "x: 2026-01-01\n",
        "x: ~\nx: null\n", "~: 1\n", "1: 1\n1.5: 2\ntrue: 3\n", "x: [1, 2\n", "x: {a: b\n", "x: @a\n", "x: `a\n", "x: %a\n", "x: *\n", "x: &\n", "x: & a\n", "x: !\n", "x: a: b\n", "- x\n", "x\n", ": x\n", "x: \u0085y\u2028z\n", "x: \u0007\n",
        "metadata: {name: other}\n", "kind: Other\n", "apiVersion: v9\n",
    ];

    /// <summary>Makes a text around a document or instead of it, in any encoding.</summary>
    public static byte[] Around(string document, Random random)
    {
        var yaml = TextAround(document, random);
        return random.Next(30) switch
        {
            0 => [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(yaml)],
            1 => [0xFE, 0xFF, .. Encoding.BigEndianUnicode.GetBytes(yaml)],
            2 => [0xFF, 0xFE, 0, 0, .. Encoding.UTF32.GetBytes(yaml)],
            _ => OddValues.Write(yaml),
        };
    }

    private static string TextAround(string document, Random random) => random.Next(8) switch
    {
        0 => Bomb(random),
        1 => Deep(random),
        2 or 3 => Heads[random.Next(Heads.Length)] + document,
        _ => document + Tails[random.Next(Tails.Length)],
    };

    /// <summary>Nested aliases, each many times as long as the one before.</summary>
    private static string Bomb(Random random)
    {
        var (levels, width) = (random.Next(2, 14), random.Next(2, 12));
        var isMap = random.Next(2) == 0;
        var text = new StringBuilder("a0: &a0 {k: lol}\n");
        for (var level = 1; level < levels; level++)
        {
            text.Append($"a{level}: &a{level} ").Append(isMap ? '{' : '[');
            text.Append(string.Join(", ", Enumerable.Range(0, width).Select(i => isMap ? $"k{i}: *a{level - 1}" : $"*a{level - 1}")));
            text.Append(isMap ? "}\n" : "]\n");
        }

        if (random.Next(2) == 0)
            text.Append("m: {").Append(string.Join(", ", Enumerable.Repeat($"<<: *a{levels - 1}", width))).Append("}\n");
        return text.ToString();
    }

    private static string Deep(Random random)
    {
        var depth = random.Next(1, random.Next(4) == 0 ? 20_000 : 300);
        return random.Next(5) switch
        {
            0 => new string('[', depth),
            1 => string.Concat(Enumerable.Repeat("- ", depth)) + "x",
            2 => string.Concat(Enumerable.Repeat("? ", depth)) + "x",
            3 => "x: " + string.Concat(Enumerable.Repeat("{a: ", depth)) + "b" + new string('}', depth),
            _ => string.Concat(Enumerable.Range(0, Math.Min(depth, 500)).Select(level => new string(' ', level) + "a:\n")),
        };
    }
}
