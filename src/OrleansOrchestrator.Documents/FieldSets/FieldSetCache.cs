using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>
/// Caches the field sets of recently created objects by their outline. A controller creates thousands of pods from one template with
/// equal fields, which are computed and encoded once.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class FieldSetCache
{
    // The templates in use at a time. More are rare, and cost one computation each.
    private const int KnownMax = 32;
    // Larger than the outline of a large pod; larger objects are not cached.
    private const int OutlineBytesMax = 4 * 1024;

    private readonly ConcurrentDictionary<byte[], FieldSet> _known = new(BytesComparer.Instance);

    /// <summary>The fields of a new object.</summary>
    /// <param name="json">The object as encoded by this codec.</param>
    /// <param name="read">Computes the fields if they are not cached; must depend on the outline only.</param>
    public FieldSet FieldsOf(ReadOnlyMemory<byte> json, Func<ReadOnlyMemory<byte>, FieldSet> read)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(OutlineBytesMax);
        try
        {
            var length = ObjectOutline.Write(json.Span, buffer.AsSpan(0, OutlineBytesMax));
            if (length < 0)
                return read(json);
            ReadOnlySpan<byte> outline = buffer.AsSpan(0, length);
            var known = _known.GetAlternateLookup<ReadOnlySpan<byte>>();
            if (known.TryGetValue(outline, out var fields))
                return fields;

            // Objects without a common outline must neither fill the memory nor exclude others for ever.
            if (_known.Count >= KnownMax)
                _known.Clear();
            return known[outline] = read(json).WithJson();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly BytesComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode((ReadOnlySpan<byte>)obj);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
