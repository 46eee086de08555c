using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>
/// Caches the field sets of objects that were created lately in one form, by their shape (outline). A controller makes thousands of pods from one
/// template, and all of them have the same fields: what those are, and how they are written, is worked out once.
/// </summary>
/// <remarks>Safe for any number of threads.</remarks>
internal sealed class FieldSetCache
{
    private const int KnownMax = 32;
    private const int OutlineBytesMax = 4 * 1024;

    private readonly ConcurrentDictionary<byte[], FieldSet> _known = new(BytesComparer.Instance);

    /// <summary>The fields of a new object.</summary>
    /// <param name="json">The object, as it was encoded here.</param>
    /// <param name="read">Reads them where they are not known; must depend on nothing but the outline.</param>
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

            // Objects that are all different must not fill the memory, nor keep others out for ever.
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
