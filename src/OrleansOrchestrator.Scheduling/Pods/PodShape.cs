using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Scheduling.Matching;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>
/// What plugins read of a pod's specification. Pods of one template have equal shapes, and nodes that were filtered and scored
/// for one of them need not be filtered and scored again for the next: the shape is the equivalence class. It holds what
/// plugins declare that they read, and its key is all that was read for it, so that two pods of one key are the same to every
/// plugin.
/// </summary>
internal sealed class PodShape : IEquatable<PodShape>
{
    [ThreadStatic]
    private static KeyWriter? t_writer;

    private readonly object?[] _inputs;
    private readonly byte[] _key;
    private readonly int _hash;

    public PodShape(V1Pod pod, PodInputSet inputs)
    {
        _inputs = new object?[inputs.Length];
        var writer = t_writer ??= new KeyWriter();
        var key = writer.Begin();
        Comparisons = ComparisonCount.Of(pod.Spec);
        foreach (var input in inputs.Counted)
        {
            var value = input.Read(pod, key);
            _inputs[input.Index] = value;
            Comparisons += value switch { PodResources resources => resources.Extended.Length, HostPort[] ports => ports.Length, _ => 0 };
        }

        // What no node is compared with need not be read; whoever changes such a pod again and again would otherwise keep all
        // others waiting for that.
        if (IsTooCostly)
            key.WriteNumberValue(Comparisons);
        foreach (var input in inputs.Compared)
            _inputs[input.Index] = IsTooCostly ? input.Nothing : input.Read(pod, key);
        _key = writer.End();
        var hash = default(HashCode);
        hash.AddBytes(_key);
        _hash = hash.ToHashCode();
    }

    /// <summary>What the pod asks of its node.</summary>
    public PodResources Resources => Get(PodInputs.Resources);

    /// <summary>The host ports that it takes.</summary>
    public HostPort[] Ports => Get(PodInputs.Ports);

    /// <summary>What it demands and prefers of its node's labels and name.</summary>
    public NodeAffinityRules NodeAffinity => Get(PodInputs.NodeAffinity);

    /// <summary>The taints that it tolerates.</summary>
    public V1Toleration[] Tolerations => Get(PodInputs.Tolerations);

    /// <summary>How it is to be spread.</summary>
    public SpreadConstraint[] SpreadConstraints => Get(PodInputs.SpreadConstraints);

    /// <summary>What it demands and prefers of the pods around it.</summary>
    public AffinityTerm[] AffinityTerms => Get(PodInputs.AffinityTerms);

    /// <summary>How many comparisons it takes at most to judge one node, not counting the pods that run there.</summary>
    public int Comparisons { get; }

    /// <summary>
    /// Whether it takes so many that all others would wait for it. Such a pod is not placed, and if somebody has assigned it to
    /// a node, its affinity terms do not count for others.
    /// </summary>
    public bool IsTooCostly => Comparisons > ComparisonCount.Max;

    /// <summary>An input.</summary>
    /// <exception cref="InvalidOperationException">No plugin has declared that it reads it.</exception>
    public T Get<T>(PodInput<T> input)
        where T : class
    {
        var inputs = _inputs;
        if ((uint)input.Index < (uint)inputs.Length && inputs[input.Index] is { } value)
            return Unsafe.As<T>(value);
        throw new InvalidOperationException($"No plugin has declared that it reads the {input.Name} of pods.");
    }

    public bool Equals(PodShape? other) =>
        ReferenceEquals(this, other) || (other is not null && _hash == other._hash && _key.AsSpan().SequenceEqual(other._key));

    public override bool Equals(object? obj) => Equals(obj as PodShape);

    public override int GetHashCode() => _hash;

    /// <summary>Writes keys, one after the other, into one buffer.</summary>
    private sealed class KeyWriter
    {
        // A key of this size is that of a very large pod; its buffer is not kept.
        private const int KeptBytesMax = 64 * 1024;

        private ArrayBufferWriter<byte> _buffer = new(1024);
        private readonly Utf8JsonWriter _json;

        // What is written is our own, so that it need not be checked again.
        public KeyWriter() => _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true });

        public Utf8JsonWriter Begin()
        {
            if (_buffer.Capacity > KeptBytesMax)
                _buffer = new ArrayBufferWriter<byte>(1024);
            _buffer.ResetWrittenCount();
            _json.Reset(_buffer);
            _json.WriteStartArray();
            return _json;
        }

        public byte[] End()
        {
            _json.WriteEndArray();
            _json.Flush();
            return _buffer.WrittenSpan.ToArray();
        }
    }
}
