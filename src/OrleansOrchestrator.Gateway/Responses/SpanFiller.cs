using System.Buffers;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Writes many small pieces to a response. It asks the response for memory, which takes locks, once per block and not per
/// piece.</summary>
internal ref struct SpanFiller(IBufferWriter<byte> output)
{
    private Span<byte> _rest;
    private int _written;

    /// <summary>Writes a piece. Write nothing else to the output before the next <see cref="Commit"/>.</summary>
    public void Write(ReadOnlySpan<byte> piece)
    {
        while (piece.Length > _rest.Length)
        {
            piece[.._rest.Length].CopyTo(_rest);
            piece = piece[_rest.Length..];
            _written += _rest.Length;
            Commit();
            _rest = output.GetSpan();
        }

        piece.CopyTo(_rest);
        _rest = _rest[piece.Length..];
        _written += piece.Length;
    }

    /// <summary>Passes the written pieces on.</summary>
    public void Commit()
    {
        if (_written > 0)
            output.Advance(_written);
        _written = 0;
        _rest = default;
    }
}
