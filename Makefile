# make demo   everything from nothing: install, build, certificates, daemon, a week of referrals, what happened
# make test   formatting, build with warnings as errors, every test, the fuzzers for a few seconds, the TLS scanners
# make fuzz   the fuzzers for FUZZ_SECONDS each
# make scan   the public TLS scanners alone, all of them; takes sslyze from PyPI
# make sanitize   every test under the address and the thread sanitizer
SHELL := /bin/bash
SWIFT_BUILD_FLAGS := --explicit-target-dependency-import-check error
export SWIFT_BACKTRACE := enable=no
FUZZ_SECONDS ?= 60
# Those that live through years are alone at the end.
YEARS := 'theAutumnOf2017|theDaemonCountsTheYears'
# Tests that only compute go first, those with whole daemons last: beside each other, those with time limits would wait for a processor.
COMPUTING := '^(DecisionTableTests|ReferralTests|ConfigurationTests|InflowTests|ProtobufTests|FuzzTests|FiguresTests)\.'

# Runs tests; those that failed are said again at the end, where they are seen.
run-tests = set -o pipefail; swift test $(SWIFT_BUILD_FLAGS) --disable-xctest $(1) 2>&1 | tee .build/tests.log || \
	{ echo "What failed:"; grep -aE '^✘|error: ' .build/tests.log; exit 1; }

.PHONY: demo test fuzz sanitize scan build release dependencies test-dependencies certificates generate format lint bench clean

demo: release certificates
	scripts/demo .build/release

test: test-dependencies lint build
	$(call run-tests,--filter $(COMPUTING))
	$(call run-tests,--skip-build --skip $(COMPUTING) --skip '^EndToEndTests\.')
	$(call run-tests,--skip-build --filter '^EndToEndTests\.' --skip $(YEARS))
	$(call run-tests,--skip-build --filter $(YEARS))
	scripts/fuzz 3
	scripts/scan-tls available

fuzz: dependencies
	scripts/fuzz $(FUZZ_SECONDS)

sanitize: test-dependencies
	scripts/sanitize

scan: test-dependencies build
	scripts/scan-tls

build: dependencies
	swift build $(SWIFT_BUILD_FLAGS) --build-tests

release: dependencies
	swift build $(SWIFT_BUILD_FLAGS) -c release --static-swift-stdlib --product lotsd
	swift build $(SWIFT_BUILD_FLAGS) -c release --static-swift-stdlib --product lots

# Debian packages; does nothing when they are there.
dependencies:
	@scripts/install-dependencies

# Those and the peers and scanners that tests run.
test-dependencies:
	@scripts/install-dependencies tests

# A development PKI for the example directory; keeps what is valid.
certificates: release
	@.build/release/lotsd participants --config config/lots.yaml | certs/make-development-pki.sh -

# The C messages from proto/.
generate: dependencies
	scripts/generate

format:
	swift format -i -r Package.swift Sources Tests Fuzz Benchmarks/Package.swift Benchmarks/Sources

lint:
	swift format lint --strict -r Package.swift Sources Tests Fuzz Benchmarks/Package.swift Benchmarks/Sources

bench: dependencies
	scripts/bench
	scripts/bench-decision-table

clean:
	rm -rf .build Benchmarks/.build
