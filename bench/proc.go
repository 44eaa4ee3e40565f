package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// memory is a line of /proc/PID/status, such as VmRSS (now) or VmHWM (the most so far), in MiB. Linux only.
func (p *process) memory(name string) (float64, error) {
	file, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("the memory of a process is read from /proc, which needs Linux: %w", err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
			var kilobytes float64
			_, err := fmt.Sscanf(rest, "%f kB", &kilobytes)
			return kilobytes / 1024, err
		}
	}
	return 0, fmt.Errorf("/proc says nothing of %s", name)
}

// forgetPeak has VmHWM begin anew.
func (p *process) forgetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0)
}
