using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>
/// The parts of a pod's specification that plugins read. Pods of one template have equal shapes, and the filter results and scores of
/// one apply to all: the shape is the equivalence class. It contains the inputs that plugins declare, and its key contains everything
/// that was read for them, so that two pods with the same key are the same to every plugin.
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

        // Inputs that are not compared need not be compiled: somebody who changes such a pod again and again would delay all others.
        if (IsTooCostly)
            key.WriteNumberValue(Comparisons);
        foreach (var input in inputs.Compared)
            _inputs[input.Index] = IsTooCostly ? input.Nothing : input.Read(pod, key);
        _key = writer.End();
        var hash = default(HashCode);
        hash.AddBytes(_key);
        _hash = hash.ToHashCode();
    }

    /// <summary>The pod's requests.</summary>
    public PodResources Resources => Get(PodInputs.Resources);

    /// <summary>The pod's host ports.</summary>
    public HostPort[] Ports => Get(PodInputs.Ports);

    /// <summary>The pod's requirements and preferences for its node's labels and name.</summary>
    public NodeAffinityRules NodeAffinity => Get(PodInputs.NodeAffinity);

    /// <summary>The pod's tolerations.</summary>
    public V1Toleration[] Tolerations => Get(PodInputs.Tolerations);

    /// <summary>The pod's spread constraints.</summary>
    public SpreadConstraint[] SpreadConstraints => Get(PodInputs.SpreadConstraints);

    /// <summary>The pod's affinity and anti-affinity to other pods.</summary>
    public AffinityTerm[] AffinityTerms => Get(PodInputs.AffinityTerms);

    /// <summary>The most comparisons needed to evaluate one node, not counting the pods that run there.</summary>
    public int Comparisons { get; }

    /// <summary>
    /// Whether it needs so many that it would delay all other pods. Such a pod is not placed. If somebody assigns it to a node, its
    /// affinity terms do not count for others.
    /// </summary>
    public bool IsTooCostly => Comparisons > ComparisonCount.Max;

    /// <summary>An input.</summary>
    /// <exception cref="InvalidOperationException">No plugin has declared this input.</exception>
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
        // A larger key belongs to a very large pod; its buffer is not kept.
        private const int KeptBytesMax = 64 * 1024;

        private ArrayBufferWriter<byte> _buffer = new(1024);
        private readonly Utf8JsonWriter _json;

        // The code determines the structure, so that it needs no validation.
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
