using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Node.Runtime.Docker;

/// <summary>Builds the program that holds a pod's namespaces: a static Linux executable of a few hundred bytes.</summary>
/// <remarks>
/// <para>
/// It is the first process of the sandbox, so it ignores SIGCHLD (the kernel then reaps orphaned children by itself),
/// ends with code 0 on SIGTERM and SIGINT (whose default does nothing for a first process), and sleeps for ever.
/// Emitting it keeps a node from needing a registry or a compiler.
/// </para>
/// <para>
/// The file is one ELF header, one program header, the code, and two <c>sigaction</c> structures of the kernel
/// (handler, flags, restorer, mask), all in one read-only, executable segment at a fixed address.
/// </para>
/// </remarks>
internal static class PauseExecutable
{
    private const ulong BaseAddress = 0x400000;
    private const int HeaderBytes = 64 + 56;
    private const int SignalActionBytes = 32;
    private const ushort MachineX64 = 62;
    private const ushort MachineArm64 = 183;
    private const uint SignalInterrupt = 2;
    private const uint SignalTerminate = 15;
    private const uint SignalChild = 17;

    /// <summary>Returns the executable for a processor.</summary>
    /// <exception cref="PlatformNotSupportedException">It is neither x86-64 nor arm64.</exception>
    public static byte[] Emit(Architecture architecture) => architecture switch
    {
        Architecture.X64 => Link(MachineX64, EmitX64),
        Architecture.Arm64 => Link(MachineArm64, EmitArm64),
        _ => throw new PlatformNotSupportedException($"There is no pause executable for {architecture}."),
    };

    /// <summary>Emits code whose length does not depend on addresses, once to measure it and once to link it.</summary>
    private static byte[] Link(ushort machine, Func<uint, uint, (byte[] Code, int HandlerOffset)> emit)
    {
        const uint CodeAddress = (uint)BaseAddress + HeaderBytes;
        var length = emit(0, 0).Code.Length;
        var dataAddress = CodeAddress + (uint)((length + 7) & ~7);
        var (code, handlerOffset) = emit(dataAddress, dataAddress + SignalActionBytes);

        var file = new byte[dataAddress - (uint)BaseAddress + (2 * SignalActionBytes)];
        WriteHeaders(file, machine, CodeAddress);
        code.CopyTo(file, HeaderBytes);
        var data = file.AsSpan((int)(dataAddress - (uint)BaseAddress));
        WriteSignalAction(data, handler: 1, flags: 0, restorer: 0);

        // The kernel requires a restorer on x86-64, although this handler never returns.
        const ulong HasRestorer = 0x04000000;
        var handler = CodeAddress + (uint)handlerOffset;
        WriteSignalAction(
            data[SignalActionBytes..], handler, machine == MachineX64 ? HasRestorer : 0, machine == MachineX64 ? handler : 0);
        return file;
    }

    private static (byte[] Code, int HandlerOffset) EmitX64(uint ignore, uint terminate)
    {
        var code = new List<byte>();
        foreach (var (signal, action) in new[] { (SignalChild, ignore), (SignalTerminate, terminate), (SignalInterrupt, terminate) })
        {
            MoveX64(code, 0xB8, 13);              // mov eax, rt_sigaction
            MoveX64(code, 0xBF, signal);          // mov edi, signal
            MoveX64(code, 0xBE, action);          // mov esi, action
            code.AddRange([0x31, 0xD2]);          // xor edx, edx
            code.Add(0x41);
            MoveX64(code, 0xBA, 8);               // mov r10d, size of the mask
            code.AddRange([0x0F, 0x05]);          // syscall
        }

        MoveX64(code, 0xB8, 34);                  // mov eax, pause
        code.AddRange([0x0F, 0x05, 0xEB, 0xF7]);  // syscall; jmp back to the move
        var handler = code.Count;
        MoveX64(code, 0xB8, 231);                 // mov eax, exit_group
        code.AddRange([0x31, 0xFF, 0x0F, 0x05]);  // xor edi, edi; syscall
        return ([.. code], handler);
    }

    private static void MoveX64(List<byte> code, byte opcode, uint value) =>
        code.AddRange([opcode, (byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)]);

    private static (byte[] Code, int HandlerOffset) EmitArm64(uint ignore, uint terminate)
    {
        const uint SystemCall = 0xD4000001;
        var code = new List<uint>();
        foreach (var (signal, action) in new[] { (SignalChild, ignore), (SignalTerminate, terminate), (SignalInterrupt, terminate) })
        {
            code.AddRange([
                MoveArm64(8, 134), // rt_sigaction
                MoveArm64(0, signal),
                MoveArm64(1, action & 0xFFFF),
                0xF2A00000 | (action >> 16 << 5) | 1, // movk x1, the upper half
                MoveArm64(2, 0),
                MoveArm64(3, 8), // size of the mask
                SystemCall,
            ]);
        }

        // arm64 has no pause; ppoll without descriptors and time-out sleeps as well.
        code.AddRange([MoveArm64(0, 0), MoveArm64(1, 0), MoveArm64(2, 0), MoveArm64(3, 0), MoveArm64(8, 73), SystemCall]);
        code.Add(0x14000000 | (unchecked((uint)-6) & 0x03FFFFFF)); // b to the first of these moves
        var handler = code.Count * sizeof(uint);
        code.AddRange([MoveArm64(0, 0), MoveArm64(8, 94), SystemCall]); // exit_group
        return ([.. code.SelectMany(BitConverter.GetBytes)], handler);
    }

    private static uint MoveArm64(uint register, uint value) => 0xD2800000 | (value << 5) | register;

    private static void WriteSignalAction(Span<byte> target, ulong handler, ulong flags, ulong restorer)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(target, handler);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], flags);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], restorer);
    }

    private static void WriteHeaders(Span<byte> file, ushort machine, uint entry)
    {
        const uint ReadAndExecute = 5;
        ReadOnlySpan<byte> identification = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identification.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file[16..], 2); // an executable at a fixed address
        BinaryPrimitives.WriteUInt16LittleEndian(file[18..], machine);
        BinaryPrimitives.WriteUInt32LittleEndian(file[20..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file[24..], entry);
        BinaryPrimitives.WriteUInt64LittleEndian(file[32..], 64); // where the program header is
        BinaryPrimitives.WriteUInt16LittleEndian(file[52..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file[54..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file[56..], 1);

        var program = file[64..];
        BinaryPrimitives.WriteUInt32LittleEndian(program, 1); // to be loaded
        BinaryPrimitives.WriteUInt32LittleEndian(program[4..], ReadAndExecute);
        BinaryPrimitives.WriteUInt64LittleEndian(program[16..], BaseAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(program[24..], BaseAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(program[32..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(program[40..], (ulong)file.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(program[48..], 0x10000); // also good for pages of 64 KiB
    }
}
