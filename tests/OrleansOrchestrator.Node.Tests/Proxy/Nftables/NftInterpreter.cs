using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Node.Tests.Proxy.Nftables;

/// <summary>Does what nft does with our transactions, in memory, and is as strict: what is deleted must be there, what is added must not.</summary>
internal sealed partial class NftInterpreter
{
    private readonly Dictionary<string, Dictionary<string, string>> _sets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _chains = new(StringComparer.Ordinal);
    private bool _exists;

    /// <summary>The rules of chains.</summary>
    public IReadOnlyDictionary<string, List<string>> Chains => _chains;

    /// <summary>The elements of a set or map, as <c>key</c> or <c>key : value</c>, in order.</summary>
    public IReadOnlyList<string> Elements(string set) =>
        [.. _sets[set].Select(one => one.Value.Length == 0 ? one.Key : $"{one.Key} : {one.Value}").Order(StringComparer.Ordinal)];

    /// <summary>All elements of all sets, in order.</summary>
    public IReadOnlyList<string> All => [.. _sets.Keys.Order(StringComparer.Ordinal).SelectMany(set => Elements(set).Select(element => $"{set}: {element}"))];

    /// <summary>Notes something that only the kernel adds.</summary>
    public void Note(string set, string key, string value) => _sets[set][key] = value;

    /// <summary>Applies a transaction.</summary>
    public void Apply(string text)
    {
        var lines = new Queue<string>(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        while (lines.TryDequeue(out var line))
            Apply(line, lines);
        foreach (var target in _sets.Where(set => set.Key.EndsWith("services", StringComparison.Ordinal)).SelectMany(set => set.Value.Values).Where(value => value != "drop"))
            _chains.ShouldContainKey(target["goto ".Length..]);
    }

    private void Apply(string line, Queue<string> lines)
    {
        switch (line.Split(' '))
        {
            case ["add", "table", "ip", _]:
                _exists = true;
                break;
            case ["delete", "table", "ip", _]:
                _exists.ShouldBeTrue();
                _exists = false;
                _sets.Clear();
                _chains.Clear();
                break;
            case ["table", "ip", _, "{"]:
                _exists = true;
                Declare(lines);
                break;
            case ["add", "chain", "ip", _, var chain]:
                _chains.TryAdd(chain, []);
                break;
            case ["delete", "chain", "ip", _, var chain]:
                _chains.Remove(chain).ShouldBeTrue($"{chain} is not there");
                break;
            case ["flush", "chain", "ip", _, var chain]:
                _chains[chain].Clear();
                break;
            case ["flush", "set" or "map", "ip", _, var set]:
                _sets[set].Clear();
                break;
            case ["add", "rule", "ip", _, var chain, .. var rule]:
                _chains[chain].Add(string.Join(' ', rule));
                break;
            case [var verb, "element", "ip", _, var set, "{"]:
                foreach (var element in LinesUntil("}", lines).Select(line => line.TrimEnd(',')))
                    Change(verb, _sets[set], element);
                break;
            default:
                throw new InvalidOperationException($"no command of ours: {line}");
        }
    }

    private static void Change(string verb, Dictionary<string, string> set, string element)
    {
        var (key, value) = Split().Match(element) is { Success: true } map ? (map.Groups[1].Value, map.Groups[2].Value) : (element, "");
        if (verb == "add")
            set.TryAdd(key, value).ShouldBeTrue($"{element} is there");
        else
            set.Remove(key).ShouldBeTrue($"{element} is not there");
    }

    private void Declare(Queue<string> lines)
    {
        while (lines.Dequeue() is var line && line != "}")
        {
            var words = line.Trim().Split(' ');
            var body = LinesUntil(" }", lines).ToList();
            if (words[0] == "chain")
            {
                _chains.TryAdd(words[1], []);
                _chains[words[1]].AddRange(body);
            }
            else
            {
                _sets.TryAdd(words[1], new Dictionary<string, string>(StringComparer.Ordinal));
            }
        }
    }

    private static IEnumerable<string> LinesUntil(string end, Queue<string> lines)
    {
        while (lines.Dequeue() is var line && line != end)
            yield return line.Trim();
    }

    [GeneratedRegex("^(.*?) : (.*)$")]
    private static partial Regex Split();
}
